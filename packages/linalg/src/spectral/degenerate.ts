import {
  abs,
  add,
  div,
  equal,
  less,
  lessEqual,
  max,
  mul,
  reciprocal,
  square,
  sub,
  where,
  zeros,
  type Tensor,
} from '@gradloom/core'
import { checkBy, settings } from '@gradloom/core/extend'
import type { Named } from '../kernels/kernel.ts'
import { orOne, unless } from '../ops/unless.ts'

/** What the gradient of raw vectors does where values are too near to one another to tell their vectors apart.
 * - `strict`: an error that names the gap and its indices, where the loss depends on how the vectors were chosen; a
 *   share of 0 otherwise.
 * - `lorentzian`: 1 / d becomes d / (d^2 + eps^2).
 * - `mask`: 1 / d becomes 0.
 * - `taylor`: 1 / (a - b) becomes nine terms of its series in b / a. */
export type Degenerate = 'strict' | 'lorentzian' | 'mask' | 'taylor'

export interface DegenerateAttrs extends Named {
  readonly degenerate: Degenerate
}

export const strict = (name: string): DegenerateAttrs => ({ degenerate: 'strict', name })

const KINDS: readonly Degenerate[] = ['strict', 'lorentzian', 'mask', 'taylor']

/** @throws NameError, SettingError */
export const degenerateOf = (name: string, options: unknown): DegenerateAttrs => ({
  ...settings<Pick<DegenerateAttrs, 'degenerate'>>(
    name,
    options,
    { degenerate: 'strict' },
    checkBy({ degenerate: KINDS.map((k) => `'${k}'`).join(' or ') }),
  ),
  name,
})

/** Gaps at most this, relative to the largest value, count as none: rounding of the decomposition. */
export const gapTolerance = (dtype: string): number => (dtype === 'float64' ? 1e-13 : 1e-6)
/** The width of `lorentzian`, relative to the largest value. */
const WIDTH = { float64: 1e-8, float32: 1e-4 }
/** Gaps below which `mask` and `taylor` take over, relative to the larger of two values. */
export const NEAR = { float64: 1e-8, float32: 1e-3 }
/** Of W. Wang et al. */
const TERMS = 9

/** 1 / (b - a) for pairs of values, as `degenerate` says; 0 where both are one. `scale`: the largest value of each
 * matrix.
 * @see W. Wang et al., "Robust differentiable SVD", 2021, https://arxiv.org/abs/2104.03821 (taylor); H.-J. Liao et al.,
 * "Differentiable programming tensor networks", 2019, https://arxiv.org/abs/1903.09650 (lorentzian) */
export function inverseGap(a: Tensor, b: Tensor, scale: Tensor, degenerate: Degenerate): Tensor {
  const gap = sub(b, a)
  const dtype = gap.dtype as 'float64'
  if (degenerate === 'lorentzian') {
    const width = mul(scale, WIDTH[dtype])
    const square2 = add(square(gap), square(width))
    return div(gap, orOne(square2))
  }
  if (degenerate === 'taylor') {
    const larger = where(less(abs(a), abs(b)), b, a)
    const smaller = where(less(abs(a), abs(b)), a, b)
    const isNear = lessEqual(abs(gap), mul(abs(larger), NEAR[dtype]))
    const base = orOne(larger)
    const ratio = div(smaller, base)
    let series: Tensor = add(ratio, 1)
    for (let i = 2; i < TERMS; i++) series = add(mul(series, ratio), 1)
    const near = mul(where(equal(a, b), 0, where(less(abs(a), abs(b)), 1, -1)), div(series, base))
    return where(isNear, near, inverse(gap, isNear))
  }
  const isNear = lessEqual(
    abs(gap),
    degenerate === 'mask' ? mul(add(abs(a), abs(b)), NEAR[dtype] / 2) : mul(scale, gapTolerance(dtype)),
  )
  return inverse(gap, isNear)
}

/** 1 / x, 0 where `isZero`. */
const inverse = (x: Tensor, isZero: Tensor): Tensor => unless(isZero, x, 0, reciprocal)

/** 1 / x, 0 where x is at most `tolerance`. */
export const inverseOf = (x: Tensor, tolerance: Tensor): Tensor => inverse(x, lessEqual(abs(x), tolerance))

/** The largest magnitude of values [..., k], as [..., 1]: 0 of none. */
export const largestOf = (values: Tensor): Tensor =>
  values.shape.at(-1) === 0
    ? zeros([...values.shape.slice(0, -1), 1], values)
    : max(abs(values), { axis: -1, keepDims: true })
