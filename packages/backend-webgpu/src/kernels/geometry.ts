import { each } from '../wgsl/text.ts'

/** One entry per spatial axis. */
export interface ConvolutionAttrs {
  readonly stride: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
  readonly inputDilation: readonly number[]
  readonly groups: number
}

/** Statements that give the index of an input along axis d, `s` with `tag`, for output `p` and kernel element `k`, and
 * whether it is there as `in` with `tag`: not in the padding, nor between dilated elements. */
export function inputAt(
  d: number,
  size: number,
  { stride, padding, dilation, inputDilation }: ConvolutionAttrs,
  p: string,
  k: string | number,
  tag: string,
): string {
  const e = inputDilation[d]
  // `&&` would be a branch: of dozens in a row, SwiftShader's compiler does not come back.
  return `let t${tag} = ${p} * ${stride[d]} + ${k} * ${dilation[d]} - (${padding[d][0]});
let s${tag} = ${e === 1 ? `t${tag}` : `t${tag} / ${e}`};
let in${tag} = (t${tag} >= 0) & (s${tag} < ${size})${e === 1 ? '' : ` & (t${tag} % ${e} == 0)`};`
}

/** The index of the input at `offset` from index `t` along the last axis, and whether it is there. */
export function neighbour(offset: number, size: number, e: number): { index: string; isThere: string } {
  const at = offset ? `(t + ${offset})` : 't'
  // A negative one is large as an unsigned number.
  if (e === 1) return { index: at, isThere: `(u32(${at}) < ${size}u)` }
  return { index: `${at} / ${e}`, isThere: `(u32(${at}) < ${size * e}u) & (${at} % ${e} == 0)` }
}

/** Lines behind the last are the last again, and not written. */
export const within = (first: string, i: number, size: number, tile: number): string =>
  size % tile === 0 ? `(${first} + ${i})` : `min(${first} + ${i}, ${size - 1})`

/** Statements for rows and columns of a tile, by the name of the result. */
export const forTile = (rows: number, columns: number, statement: (name: string) => string): string =>
  each(rows, (j) => each(columns, (i) => statement(`${j}_${i}`)))

/** All indices of a shape, in order. */
export const indicesOf = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>(
    (list, size) => list.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  )
