import { sizeOf } from '@gradloom/core'
import { rounder } from '../scalar.ts'
import { forEachIndex } from '../indices.ts'
import { indexAt } from './gather.ts'
import type { KernelArray, ReferenceKernel } from './kernel.ts'

/** x plus what `add` adds: sums in float64, rounded once. */
function accumulate(x: KernelArray, out: KernelArray, add: (sums: Float64Array) => void): void {
  const sums = Float64Array.from(x.data)
  const round = rounder(out.dtype)
  add(sums)
  sums.forEach((v, i) => {
    out.data[i] = round(v)
  })
}

/** x plus updates at `indices` along `axis`: the transpose of `take`; the axes of the indices stand at the axis. */
export const scatterAdd: ReferenceKernel = ({ axis }: { readonly axis: number }, [x, indices, updates], [out]) =>
  accumulate(x, out, (sums) => {
    const length = x.shape[axis]
    const inner = sizeOf(x.shape.slice(axis + 1))
    const outer = sizeOf(x.shape.slice(0, axis))
    const count = indices.data.length
    for (let i = 0; i < count; i++) {
      const to = indexAt('scatterAdd', indices, i, length)
      for (let o = 0; o < outer; o++) {
        for (let k = 0; k < inner; k++) sums[(o * length + to) * inner + k] += updates.data[(o * count + i) * inner + k]
      }
    }
  })

/** out[..., indices[..., i, ...], ...] += updates[..., i, ...]: the transpose of `takeAlongAxis`. */
export const scatterAddAlongAxis: ReferenceKernel = (
  { axis }: { readonly axis: number },
  [x, indices, updates],
  [out],
) =>
  accumulate(x, out, (sums) => {
    let at = 0
    const strides = x.shape.map((_, i) => sizeOf(x.shape.slice(i + 1)))
    forEachIndex(indices.shape, (index) => {
      const to = indexAt('scatterAddAlongAxis', indices, at, x.shape[axis])
      sums[index.reduce((sum, n, i) => sum + (i === axis ? to : n) * strides[i], 0)] += updates.data[at++]
    })
  })
