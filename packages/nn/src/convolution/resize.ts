import { expandDims, pad, reshape, slice, zeros, type Tensor } from '@gradloom/core'
import type { Padding } from './geometry.ts'

/** x with `factor - 1` zeros behind each element of its last axes, one factor an axis: n elements become n * factor. */
export function dilate(x: Tensor, factors: readonly number[]): Tensor {
  if (factors.every((f) => f === 1)) return x
  const lead = x.rank - factors.length
  const wide = expandDims(
    x,
    factors.map((_, i) => lead + 2 * i + 1),
  )
  const widths = wide.shape.map((_, i): [number, number] => [
    0,
    i >= lead && (i - lead) % 2 ? factors[(i - lead - 1) / 2] - 1 : 0,
  ])
  return reshape(
    pad(wide, widths),
    x.shape.map((n, i) => (i < lead ? n : n * factors[i - lead])),
  )
}

/** Zeros (or `value`) before and after the last axes of x; negative numbers remove elements instead. */
export function resize(x: Tensor, padding: Padding, value = 0): Tensor {
  const lead = x.rank - padding.length
  const around = x.shape.map((_, i) => (i < lead ? [0, 0] : padding[i - lead]))
  const cut = x.shape.map((n, i): [number, number] => {
    const [before, after] = around[i]
    const start = Math.min(Math.max(-before, 0), n)
    return [start, Math.max(start, n + Math.min(after, 0))]
  })
  const widths = x.shape.map((n, i): [number, number] => {
    const [before, after] = around[i]
    const rest = n + before + after - (cut[i][1] - cut[i][0])
    const first = Math.min(Math.max(before, 0), rest)
    return [first, rest - first]
  })
  // Cropped away altogether: there is nothing to slice.
  if (cut.some(([a, b]) => a === b))
    return zeros(
      x.shape.map((_, i) => cut[i][1] - cut[i][0] + widths[i][0] + widths[i][1]),
      x,
    )
  return pad(slice(x, cut), widths, { value })
}
