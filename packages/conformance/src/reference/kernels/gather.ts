import { IndexError, sizeOf } from '@gradloom/core'
import { forEachIndex } from '../indices.ts'
import type { KernelArray, ReferenceKernel } from './kernel.ts'
import { lanesOf } from './lanes.ts'

/** The index at `at`, counted from the front. @throws IndexError where it is not in [-length, length) */
export function indexAt(op: string, indices: KernelArray, at: number, length: number): number {
  const index = indices.data[at]
  if (index < -length || index >= length)
    throw new IndexError(`${op}: an index in [${-length}, ${length}) required, got ${index} at position ${at}`)
  return index < 0 ? index + length : index
}

/** Axis `axis` of x is replaced by the axes of the indices. */
export const take: ReferenceKernel = ({ axis }: { readonly axis: number }, [x, indices], [out]) => {
  const length = x.shape[axis]
  const inner = sizeOf(x.shape.slice(axis + 1))
  const outer = sizeOf(x.shape.slice(0, axis))
  const count = indices.data.length
  for (let i = 0; i < count; i++) {
    const from = indexAt('take', indices, i, length)
    for (let o = 0; o < outer; o++) {
      for (let k = 0; k < inner; k++) out.data[(o * count + i) * inner + k] = x.data[(o * length + from) * inner + k]
    }
  }
}

/** out[..., i, ...] = x[..., indices[..., i, ...], ...]. */
export const takeAlongAxis: ReferenceKernel = ({ axis }: { readonly axis: number }, [x, indices], [out]) => {
  let at = 0
  const strides = x.shape.map((_, i) => sizeOf(x.shape.slice(i + 1)))
  forEachIndex(indices.shape, (index) => {
    const from = indexAt('takeAlongAxis', indices, at, x.shape[axis])
    const source = index.reduce((sum, n, i) => sum + (i === axis ? from : n) * strides[i], 0)
    out.data[at++] = x.data[source]
  })
}

/** Every lane of `data` along an axis, as its positions. */
export function forEachLane(
  shape: readonly number[],
  axis: number,
  visit: (positions: number[], lane: number) => void,
): void {
  const { count, length, stride, start } = lanesOf(shape, axis)
  for (let lane = 0; lane < count; lane++)
    visit(
      Array.from({ length }, (_, i) => start(lane) + i * stride),
      lane,
    )
}
