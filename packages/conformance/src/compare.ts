import { show, type HostArray } from '@gradloom/core'

/** The float dtype of a run. */
export type Precision = 'float64' | 'float32' | 'float16'
/** Wanted elements; NaN and infinities may be strings, as JSON has no others. */
export interface Wanted {
  readonly shape: readonly number[]
  readonly data: ArrayLike<number | string | boolean>
}

/** |got - want| <= atol + rtol |want|, where atol is at least `ofLargest` times the largest |want| of the array. */
export interface Tolerance {
  readonly rtol: number
  readonly atol: number
  readonly ofLargest: number
}

/** The tolerance of golden values and of samples. `order` is 2 for second derivatives; `decompositions` for linear
 * algebra; `rtol` is the case's own. */
export function toleranceOf(
  precision: Precision,
  { order = 1, decompositions = false, rtol = 0 }: { order?: 1 | 2; decompositions?: boolean; rtol?: number } = {},
): Tolerance {
  if (precision === 'float64') return { rtol: Math.max(rtol, decompositions ? 1e-7 : 1e-9), atol: 1e-11, ofLargest: 0 }
  // Where one computation rounds up and the other down, they go on from numbers 2^-10 apart.
  if (precision === 'float16') return { rtol: 2 ** -6, atol: 2 ** -8, ofLargest: 2 ** -7 }
  const r = Math.max(rtol, decompositions ? 1e-3 : order === 2 ? 2e-4 : 2e-5)
  // What should cancel to 0 leaves the rounding of the quantities around 1 that cancel: 2^-23, more after two
  // derivatives.
  return { rtol: r, atol: order === 2 ? 1.2e-6 : 1.2e-7, ofLargest: r / 10 }
}

/** What is wrong with `got`, naming its worst element; null where nothing is. NaN equals NaN, infinities their like. */
export function difference(got: Pick<HostArray, 'shape' | 'data'>, want: Wanted, tolerance: Tolerance): string | null {
  if (String(got.shape) !== String(want.shape)) return `shape ${show(want.shape)} required, got ${show(got.shape)}`
  const wanted = Array.from(want.data, Number)
  const largest = wanted.reduce((most, w) => (Number.isFinite(w) ? Math.max(most, Math.abs(w)) : most), 0)
  const atol = Math.max(tolerance.atol, tolerance.ofLargest * largest)
  let worst = -1
  let worstExcess = 1
  let count = 0
  wanted.forEach((w, i) => {
    const g = got.data[i]
    if (Object.is(g, w) || g === w) return
    const excess =
      Number.isFinite(w) && Number.isFinite(g)
        ? Math.abs(g - w) / (atol + tolerance.rtol * Math.abs(w))
        : Number.isNaN(g) && Number.isNaN(w)
          ? 0
          : Infinity
    if (excess > 1) count++
    if (excess > worstExcess) {
      worst = i
      worstExcess = excess
    }
  })
  if (worst < 0) return null
  const at = position(worst, want.shape)
  const error = Math.abs(got.data[worst] - wanted[worst])
  return (
    `${count} of ${wanted.length} elements off, worst at [${at}]: got ${got.data[worst]}, want ` +
    `${wanted[worst]}, error ${error.toExponential(2)}, ${worstExcess.toPrecision(3)} times the tolerance`
  )
}

/** The indices of a row-major position. */
function position(at: number, shape: readonly number[]): number[] {
  const index: number[] = []
  for (let axis = shape.length - 1, rest = at; axis >= 0; rest = Math.floor(rest / shape[axis]), axis--)
    index.unshift(rest % shape[axis])
  return index
}

/** The tolerance of values that theory asks for: relative alone, so that small results count. */
export const exactTolerance = (precision: Precision): Tolerance =>
  precision === 'float64' ? { rtol: 1e-9, atol: 0, ofLargest: 1e-13 } : { rtol: 2e-5, atol: 0, ofLargest: 2e-6 }
