import type { View } from '../graph/op.ts'
import { contiguous, range, type Shape } from '../shape.ts'

/** Index map from an iteration space to a tensor: per tensor axis, index = offset + sum of steps[d] * (index along
 * dimension d). */
export type Affine = readonly { readonly offset: number; readonly steps: readonly number[] }[]

/** Axes that move: those of another size than 1. A space has a dimension for each. */
export function moving(shape: Shape): number[] {
  const axes: number[] = []
  for (let i = 0; i < shape.length; i++) if (shape[i] !== 1) axes.push(i)
  return axes
}

/** The map of a tensor of `shape` over a space that has the dimension `dims[i]` of `rank` for its i-th moving axis. */
export function over(shape: Shape, dims: readonly number[], rank: number): Affine {
  const axes = moving(shape)
  return shape.map((_, axis) => {
    const steps = new Array<number>(rank).fill(0)
    if (axes.includes(axis)) steps[dims[axes.indexOf(axis)]] = 1
    return { offset: 0, steps }
  })
}

/** The map of a tensor over its own moving axes. */
export const own = (shape: Shape): Affine => over(shape, range(shape.length), moving(shape).length)

/** The map of a view's input, given the map of its output. */
export const through = (map: Affine, view: View, rank: number): Affine =>
  view.map(({ from, step, offset }) =>
    from < 0
      ? { offset, steps: new Array<number>(rank).fill(0) }
      : { offset: offset + step * map[from].offset, steps: map[from].steps.map((s) => s * step) },
  )

/** The map of an input of `shape` that was broadcast to the output of an elementwise op. */
export const broadcastMap = (map: Affine, shape: Shape): Affine => {
  const lead = map.length - shape.length
  return shape.map((n, i) => (n === 1 ? { offset: 0, steps: map[lead + i].steps.map(() => 0) } : map[lead + i]))
}

/** Element offset and strides in a contiguous buffer. */
export function linear(map: Affine, shape: Shape, rank: number): { offset: number; strides: number[] } {
  const strides = contiguous(shape)
  return {
    offset: map.reduce((sum, { offset }, i) => sum + offset * strides[i], 0),
    strides: range(rank).map((d) => map.reduce((sum, { steps }, i) => sum + steps[d] * strides[i], 0)),
  }
}
