import { sizeOf, type DType } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import { typeOf } from '../wgsl/numbers.ts'
import type { ArrayAccess, BufferOf, Shader } from '../wgsl/shader.ts'
import type { KernelContext } from './context.ts'
import { resultAt } from './epilogue.ts'
import { each, named } from '../wgsl/text.ts'

/** What a kernel computes. */
export interface Result {
  readonly buffer: number
  readonly dtype: DType
  readonly shape: readonly number[]
}

/** Results of an invocation, as variables `sum` with their row and column behind. */
export interface ResultTile {
  readonly rows: Side
  readonly columns: Side
}
export interface Side {
  readonly count: number
  readonly stride: number
  /** The variable of the first line, and how many there are of all tiles. */
  readonly first: string
  readonly size: number
}

const guard = ({ first, size, count }: Side, i: number | string): string[] =>
  size % count === 0 || i === 0 ? [] : [`${first} + ${i} < ${size}`]

/** Statements that write a tile, whose first result lies at `to`, to an array. */
export const tileText = (array: ArrayAccess, { rows, columns }: ResultTile): string =>
  each(rows.count, (i) =>
    each(columns.count, (j) => {
      const inside = [...guard(rows, i), ...guard(columns, j)]
      const write = array.set(`to + ${i * rows.stride + j * columns.stride}`, `sum${i}_${j}`)
      return inside.length ? `if (${inside.join(' && ')}) { ${write} }` : write
    }),
  )

/** Statements that write a tile, or do what the loops behind the kernel do on its results. */
export function resultText(result: Result, shader: Shader, { epilogues }: KernelContext, tile: ResultTile): string {
  const { rows, columns } = tile
  if (!epilogues.length) return tileText(shader.of(result), tile)
  const names = named('sum', rows.count).flatMap((row) => named(`${row}_`, columns.count))
  const inside = [...guard(rows, 'i'), ...guard(columns, 'j')]
  const place = `to + i * ${rows.stride} + j * ${columns.stride}`
  return `var results = array<${typeOf(result.dtype)}, ${names.length}>(${names.join(', ')});
for (var i = 0; i < ${rows.count}; i++) {
for (var j = 0; j < ${columns.count}; j++) {
${inside.length ? `if (!(${inside.join(' && ')})) { continue; }` : ''}
${resultAt(result, shader, epilogues, place, `results[i * ${columns.count} + j]`)}
}
}`
}

/** Adds up what invocations made of parts of long sums, in their order: arrays of results one after another.
 * @param begin the place of the first result in its array */
export function addParts(
  begin: number,
  result: Result,
  context: KernelContext,
  partial: BufferOf,
  parts: number,
): Dispatch[] {
  const count = sizeOf(result.shape)
  const shader = context.shader()
  const from = shader.of(partial)
  const body = `var total = ${from.get('at')};
for (var part = 1; part < ${parts}; part++) { total += ${from.get(`at + part * ${count}`)}; }
{ ${resultAt(result, shader, context.epilogues, begin ? `at + ${begin}` : 'at', 'total')} }`
  return shader.forEach([count], ['at'], body)
}
