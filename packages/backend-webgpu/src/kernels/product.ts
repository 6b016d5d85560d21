import { contiguous, sizeOf, type Contraction, type StepInfo } from '@gradloom/core'
import type { BufferOf, Shader } from '../wgsl/shader.ts'
import { sum, times } from '../wgsl/text.ts'
import type { KernelContext } from './context.ts'
import { resultText, tileText, type Result, type ResultTile } from './result.ts'

/** A batched product of matrices. */
export interface Product extends Contraction, StepInfo {
  /** The place of its first result in the array that they go to; 0 where absent. */
  readonly begin?: number
}

/** How the sums of a product are cut. */
export interface Cut {
  readonly parts: number
  /** Of a part. */
  readonly terms: number
  /** An expression: the end of a part that begins at `first`. */
  readonly last: string
}
export const cutInto = (k: number, terms: number): Cut => {
  const parts = Math.max(1, Math.ceil(k / Math.max(1, terms)))
  return { parts, terms, last: parts * terms === k ? `first + ${terms}` : `min(first + ${terms}, ${k})` }
}

/** The variables of the part, the batch, and the tile. Neighbours go along the columns of the result: they share
 * elements of a, and write side by side. */
export function productNames(axes: readonly number[]): { readonly batch: string[]; readonly order: string[] } {
  const batch = axes.map((_, d) => `batch${d}`)
  return { batch, order: ['part', ...batch, 'tileRow', 'tileColumn'] }
}

export const resultOf = ({ out, dtype, batch, m, n }: Contraction): Result => ({
  buffer: out,
  dtype,
  shape: [...batch, m, n],
})

/** Statements that write a tile of results from `row` and `column` on, to the array of parts where there is one. */
export function productText(
  step: Product,
  context: KernelContext,
  shader: Shader,
  tile: ResultTile,
  partial: BufferOf | null,
): string {
  const { batch, m, n, begin = 0 } = step
  const strides = contiguous([...batch, m * n]).slice(0, -1)
  const start = sum([
    partial ? `part * ${sizeOf(batch) * m * n}` : `${begin}`,
    ...strides.flatMap((s, d) => times(`batch${d}`, s)),
  ])
  const write = partial ? tileText(shader.of(partial), tile) : resultText(resultOf(step), shader, context, tile)
  return `let to = ${start} + row * ${n} + column;\n${write}`
}
