import { axisSizes, forEachLine } from './axis.ts'
import type { CpuKernel } from './kernel.ts'
import type { AxisAttrs } from './take.ts'

type Step = (a: number, b: number) => number

/** Integers wrap at every step; float32 runs in float64 and rounds at each store. */
const scan =
  (start: number, real: Step, integer: Step): CpuKernel<AxisAttrs> =>
  ({ inputs: [x], outputs: [y], attrs: { axis } }) => {
    const sizes = axisSizes(x.shape, axis)
    const from = x.data
    const to = y.data
    const step = x.dtype.startsWith('float') ? real : integer
    forEachLine(sizes, (first, stride) => {
      let running = start
      for (let i = 0, at = first; i < sizes.size; i++, at += stride) to[at] = running = step(running, from[at])
    })
  }

/** Running sums along the axis. */
export const cumsum: CpuKernel<AxisAttrs> = /* @__PURE__ */ scan(
  0,
  (a, b) => a + b,
  (a, b) => (a + b) | 0,
)
/** Running products along the axis. */
export const cumprod: CpuKernel<AxisAttrs> = /* @__PURE__ */ scan(1, (a, b) => a * b, Math.imul)
