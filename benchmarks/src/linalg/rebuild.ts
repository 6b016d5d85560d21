import type { LinalgWorkload } from '../workload.ts'
import { matrices } from './inputs.ts'

/** A task's results, one array each, stacked over the batch: `u s vh`, `values vectors`, `q r`, `l`, `rows l u` (row i
 * of L U is row `rows[i]` of the matrix), or `x`. */
export type Factors = readonly Float64Array[]

/** C = A B of matrices [m, k] and [k, n] that begin at `from` and `fromB` of their arrays. */
function times(
  [a, from]: readonly [Float64Array, number],
  [b, fromB]: readonly [Float64Array, number],
  [m, k, n]: readonly [number, number, number],
): Float64Array {
  const c = new Float64Array(m * n)
  for (let i = 0; i < m; i++) {
    for (let l = 0; l < k; l++) {
      const factor = a[from + i * k + l]
      for (let j = 0; j < n; j++) c[i * n + j] += factor * b[fromB + l * n + j]
    }
  }
  return c
}

/** Matrix `index` of a stack with its columns multiplied by the values of that index. */
function scaled(stack: Float64Array, values: Float64Array, index: number, n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, i) => stack[index * n * n + i] * values[index * n + (i % n)])
}

const transposed = (stack: Float64Array, from: number, n: number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, i) => stack[from + (i % n) * n + Math.floor(i / n)])

/** What the factors multiply to: the matrices that were decomposed, or the right-hand sides that were solved for, if
 * the factors are right. All contenders are compared by it, as signs of vectors are free. */
export function rebuild(w: LinalgWorkload, factors: Factors): Float64Array {
  const { task, size: n, batch } = w
  const [first, second, third] = factors
  const square = [n, n, n] as const
  const given = task === 'solve' ? matrices(w) : first
  const of = (index: number): Float64Array => {
    const from = index * n * n
    switch (task) {
      case 'svd':
        return times([scaled(first, second, index, n), 0], [third, from], square)
      case 'eigh':
        return times([scaled(second, first, index, n), 0], [transposed(second, from, n), 0], square)
      case 'qr':
        return times([first, from], [second, from], square)
      case 'cholesky':
        return times([first, from], [transposed(first, from, n), 0], square)
      case 'lu': {
        const product = times([second, from], [third, from], square)
        const matrix = new Float64Array(n * n)
        for (let i = 0; i < n; i++) matrix.set(product.subarray(i * n, (i + 1) * n), first[index * n + i] * n)
        return matrix
      }
      case 'solve':
        return times([given, from], [first, index * n], [n, n, 1])
    }
  }
  const length = task === 'solve' ? n : n * n
  const all = new Float64Array(batch * length)
  for (let index = 0; index < batch; index++) all.set(of(index), index * length)
  return all
}
