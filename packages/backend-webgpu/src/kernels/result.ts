import { sizeOf, type DType } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import type { Place } from '../run/place.ts'
import { typeOf } from '../wgsl/numbers.ts'
import type { ArrayAccess, Shader } from '../wgsl/shader.ts'
import type { KernelContext } from './context.ts'
import { epilogueText } from './epilogue.ts'
import { each } from '../wgsl/text.ts'

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

/** Statements that write a tile, or do what the loop behind the kernel does on its results. */
export function resultText(result: Result, shader: Shader, context: KernelContext, tile: ResultTile): string {
  const { epilogue } = context
  const { rows, columns } = tile
  if (!epilogue) return tileText(shader.of(result), tile)
  const names = Array.from({ length: rows.count }, (_, i) =>
    Array.from({ length: columns.count }, (_, j) => `sum${i}_${j}`),
  ).flat()
  const inside = [...guard(rows, 'i'), ...guard(columns, 'j')]
  return `var results = array<${typeOf(result.dtype)}, ${names.length}>(${names.join(', ')});
for (var i = 0; i < ${rows.count}; i++) {
for (var j = 0; j < ${columns.count}; j++) {
${inside.length ? `if (!(${inside.join(' && ')})) { continue; }` : ''}
let element = to + i * ${rows.stride} + j * ${columns.stride};
let value = results[i * ${columns.count} + j];
${epilogueText(epilogue, result, shader)}
}
}`
}

/** Adds up what invocations made of parts of long sums, in their order: arrays of results one after another. */
export function addParts(result: Result, context: KernelContext, partial: Place, parts: number): Dispatch[] {
  const { epilogue } = context
  const count = sizeOf(result.shape)
  const shader = context.shader()
  const from = shader.array(partial, result.dtype)
  const write = epilogue ? epilogueText(epilogue, result, shader) : shader.of(result).set('element', 'value')
  const body = `var value = ${from.get('element')};
for (var part = 1; part < ${parts}; part++) { value += ${from.get(`element + part * ${count}`)}; }
{ ${write} }`
  return shader.forEach([count], ['element'], body)
}
