import type { TypedArray } from '@gradloom/core'
import { forEachLane } from './gather.ts'
import type { KernelArray, ReferenceKernel } from './kernel.ts'

interface SortAttrs {
  readonly axis: number
  readonly descending?: boolean
}

/** Positions of a lane in order; equal values keep theirs, NaN is greater than all numbers. */
function order(data: TypedArray, positions: readonly number[], descending: boolean): number[] {
  return positions
    .map((_, i) => i)
    .sort((i, j) => {
      const a = data[positions[i]]
      const b = data[positions[j]]
      const above =
        Number.isNaN(a) || Number.isNaN(b)
          ? Number(Number.isNaN(a)) - Number(Number.isNaN(b))
          : Number(a > b) - Number(a < b)
      return above * (descending ? -1 : 1) || i - j
    })
}

const sortBy =
  (
    write: (out: KernelArray, to: number, x: KernelArray, positions: readonly number[], rank: number) => void,
  ): ReferenceKernel =>
  ({ axis, descending = false }: SortAttrs, [x], [out]) =>
    forEachLane(x.shape, axis, (positions) => {
      order(x.data, positions, descending).forEach((rank, i) => write(out, positions[i], x, positions, rank))
    })

/** Sorted along an axis, stable. */
export const sort: ReferenceKernel = sortBy((out, to, x, positions, rank) => {
  out.data[to] = x.data[positions[rank]]
})
/** The positions along the axis that would sort. */
export const argsort: ReferenceKernel = sortBy((out, to, _, __, rank) => {
  out.data[to] = rank
})

/** The k largest along an axis, the largest (NaN before all) first, and their positions. */
export const topK: ReferenceKernel = (
  { axis, k }: { readonly axis: number; readonly k: number },
  [x],
  [values, indices],
) => {
  const targets: number[][] = []
  forEachLane(values.shape, axis, (positions) => targets.push(positions))
  forEachLane(x.shape, axis, (positions, lane) =>
    order(x.data, positions, true)
      .slice(0, k)
      .forEach((rank, i) => {
        values.data[targets[lane][i]] = x.data[positions[rank]]
        indices.data[targets[lane][i]] = rank
      }),
  )
}
