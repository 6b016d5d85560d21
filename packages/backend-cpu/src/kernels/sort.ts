import { axisSizes, forEachLine } from './axis.ts'
import type { CpuKernel, KernelArray } from './kernel.ts'
import { createSorter } from './order.ts'

interface SortAttrs {
  readonly axis: number
  readonly descending?: boolean
}

/** Calls `visit` with the order of every line: stable, NaN as the greatest value. */
function forEachOrder(
  x: KernelArray,
  axis: number,
  descending: boolean,
  visit: (order: Int32Array, start: number, stride: number) => void,
): void {
  const sizes = axisSizes(x.shape, axis)
  const sorter = createSorter(sizes.size, x.dtype, descending)
  forEachLine(sizes, (start, stride) => visit(sorter(x.data, start, stride), start, stride))
}

export const sort: CpuKernel<SortAttrs> = ({ inputs: [x], outputs: [y], attrs: { axis, descending = false } }) =>
  forEachOrder(x, axis, descending, (order, start, stride) => {
    for (let i = 0; i < order.length; i++) y.data[start + i * stride] = x.data[start + order[i] * stride]
  })

export const argsort: CpuKernel<SortAttrs> = ({ inputs: [x], outputs: [y], attrs: { axis, descending = false } }) =>
  forEachOrder(x, axis, descending, (order, start, stride) => {
    for (let i = 0; i < order.length; i++) y.data[start + i * stride] = order[i]
  })

/** The k largest along the axis, largest (NaN before all) first, and their positions. */
export const topK: CpuKernel<{ readonly axis: number; readonly k: number }> = ({
  inputs: [x],
  outputs: [values, indices],
  attrs: { axis, k },
}) => {
  const n = x.shape[axis]
  forEachOrder(x, axis, true, (order, start, stride) => {
    const first = Math.floor(start / (n * stride)) * k * stride + (start % stride)
    for (let i = 0; i < k; i++) {
      values.data[first + i * stride] = x.data[start + order[i] * stride]
      indices.data[first + i * stride] = order[i]
    }
  })
}
