import { isFloat } from '@gradloom/core'
import { rounder } from '../scalar.ts'
import { forEachLane } from './gather.ts'
import type { ReferenceKernel } from './kernel.ts'

/** Running results along an axis; floats run in float64. */
const scan =
  (
    start: number,
    fold: (a: number, b: number) => number,
    integerFold: (a: number, b: number) => number,
  ): ReferenceKernel =>
  ({ axis }: { readonly axis: number }, [x], [out]) => {
    const round = rounder(out.dtype)
    const step = isFloat(out.dtype) ? fold : integerFold
    forEachLane(x.shape, axis, (positions) => {
      let value = start
      for (const p of positions) {
        value = step(value, x.data[p])
        out.data[p] = round(value)
      }
    })
  }

export const cumsum: ReferenceKernel = scan(
  0,
  (a, b) => a + b,
  (a, b) => (a + b) | 0,
)
export const cumprod: ReferenceKernel = scan(1, (a, b) => a * b, Math.imul)
