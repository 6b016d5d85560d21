import { sizeOf, type Contraction, type Operand } from '@gradloom/core'
import type { Memory } from './buffer.ts'
import { dot, forEachIndex } from './indices.ts'
import { accumulator } from './reduce.ts'

/** A contraction as a function on memories: three loops, products and sums in float64. */
export function compileContraction({
  dtype,
  batch,
  m,
  n,
  k,
  a,
  b,
  out,
}: Contraction): (memories: readonly Memory[]) => void {
  const float = dtype.startsWith('float')
  const at = (x: Operand, index: readonly number[], row: number, column: number): number =>
    x.offset + dot(x.batch, index) + x.row * row + x.column * column
  return (memories) => {
    const left = memories[a.buffer].data
    const right = memories[b.buffer].data
    const result = memories[out].data
    let to = 0
    forEachIndex(batch, (index) => {
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++) {
          const sum = accumulator('sum', dtype)
          for (let p = 0; p < k; p++) {
            const x = left[at(a, index, i, p)]
            const y = right[at(b, index, p, j)]
            sum.take(float ? x * y : Math.imul(x, y))
          }
          result[to++] = sum.result()
        }
      }
    })
    memories[out].written.fill(1, 0, sizeOf(batch) * m * n)
  }
}
