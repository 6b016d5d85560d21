import { uniform64 } from '../inputs.ts'
import { seeds, type LinalgWorkload } from '../workload.ts'

/** The shape of matrices of so many columns, a stack only where there are several. */
export const shapeOf = ({ size, batch }: LinalgWorkload, columns: number): number[] =>
  batch === 1 ? [size, columns] : [batch, size, columns]

/** The matrices `[batch, n, n]` of a workload: symmetric where the task takes such, and with n on the diagonal added,
 * which makes them positive definite, for Cholesky. */
export function matrices({ task, size: n, batch }: LinalgWorkload): Float64Array<ArrayBuffer> {
  const a = uniform64(batch * n * n, seeds.a, -1, 1)
  if (task !== 'eigh' && task !== 'cholesky') return a
  for (let start = 0; start < a.length; start += n * n) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        const mean = (a[start + i * n + j] + a[start + j * n + i]) / 2
        a[start + i * n + j] = mean
        a[start + j * n + i] = mean
      }
      if (task === 'cholesky') a[start + i * n + i] += n
    }
  }
  return a
}

/** What a solver is given: `[batch, n, 1]`. */
export const rightSides = ({ size, batch }: LinalgWorkload): Float64Array<ArrayBuffer> =>
  uniform64(batch * size, seeds.b, -1, 1)

/** Weights of the squares of a task's factor in the loss whose gradient is taken. Squares have a gradient that does not
 * depend on the signs of vectors. */
export const weights = (factor: number, length: number): Float64Array<ArrayBuffer> =>
  uniform64(length, seeds.weights + factor, 0.5, 1.5)
