import type { View } from '../graph/form.ts'
import { getOrInsert } from '../map.ts'
import { contiguous, range, sameShape, type Shape } from '../shape.ts'

/** From an iteration space to a tensor: per tensor axis, index = offset + sum of steps[d] * (index along dimension d).
 * */
export type IndexMap = readonly { readonly offset: number; readonly steps: readonly number[] }[]

/** Axes that move: those of another size than 1. A space has a dimension for each. */
export function moving(shape: Shape): number[] {
  const axes: number[] = []
  for (let i = 0; i < shape.length; i++) if (shape[i] !== 1) axes.push(i)
  return axes
}

/** The map of a tensor of `shape` over a space that has the dimension `dims[i]` of `rank` for its i-th moving axis. */
export function over(shape: Shape, dims: readonly number[], rank: number): IndexMap {
  let seen = 0
  return shape.map((n) => {
    const steps = new Array<number>(rank).fill(0)
    if (n !== 1) steps[dims[seen++]] = 1
    return { offset: 0, steps }
  })
}

/** Gives the map of a tensor over its own moving axes; tensors of one shape share it. */
export function createOwnMaps(): (shape: Shape) => IndexMap {
  const known = new Map<string, IndexMap>()
  // Most shapes are the very list of one before.
  const seen = new Map<Shape, IndexMap>()
  const make = (shape: Shape): IndexMap => {
    const rank = moving(shape).length
    return over(shape, range(rank), rank)
  }
  return (shape) => {
    let map = seen.get(shape)
    if (!map) seen.set(shape, (map = getOrInsert(known, String(shape), () => make(shape))))
    return map
  }
}

/** The map of a view's input, given the map of its output. */
export const through = (map: IndexMap, view: View, rank: number): IndexMap =>
  view.map(({ from, step, offset }) => {
    if (from < 0) return { offset, steps: new Array<number>(rank).fill(0) }
    const row = map[from]
    if (step === 1) return offset === 0 ? row : { offset: offset + row.offset, steps: row.steps }
    return { offset: offset + step * row.offset, steps: row.steps.map((s) => s * step) }
  })

const SCALAR: IndexMap = []

/** The map of an input of `shape` that was broadcast to the output of a map. */
export function broadcastMap(map: IndexMap, shape: Shape): IndexMap {
  if (!shape.length) return SCALAR
  const lead = map.length - shape.length
  // Another size of the output can be there, of which a view takes one element: then there is an offset.
  const isAtFirst = ({ offset, steps }: IndexMap[number]): boolean => offset === 0 && steps.every((s) => s === 0)
  if (lead === 0 && shape.every((n, i) => n !== 1 || isAtFirst(map[i]))) return map
  return shape.map((n, i) => (n === 1 ? { offset: 0, steps: map[lead + i].steps.map(() => 0) } : map[lead + i]))
}

/** Element offset and strides in a contiguous buffer. */
export function linear(map: IndexMap, shape: Shape, rank: number): { offset: number; strides: number[] } {
  const into = contiguous(shape)
  const strides = new Array<number>(rank).fill(0)
  let offset = 0
  map.forEach((row, i) => {
    offset += row.offset * into[i]
    for (let d = 0; d < rank; d++) strides[d] += row.steps[d] * into[i]
  })
  return { offset, strides }
}

export const sameMap = (a: IndexMap, b: IndexMap): boolean =>
  a === b ||
  (a.length === b.length && a.every((row, i) => row.offset === b[i].offset && sameShape(row.steps, b[i].steps)))
