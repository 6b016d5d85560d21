import {
  add,
  apply,
  applyAll,
  defineOp,
  expandDims,
  lessEqual,
  matmul,
  mul,
  sub,
  where,
  type Meta,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { diagonal } from '@gradloom/ops'
import type { Named } from '../kernels/kernel.ts'
import {
  degenerateOf,
  gapTolerance,
  inverseGap,
  inverseOf,
  largestOf,
  strict,
  type Degenerate,
  type DegenerateAttrs,
} from '../spectral/degenerate.ts'
import { gaugeCheckOp, nullCheckOp } from '../spectral/gauge.ts'
import { timesQuotients, weightsOf } from '../spectral/quotients.ts'
import { columnsTimes, diagonalOf, isAbsent, rowsTimes } from './eigh.ts'
import { asFloats, matrixSize, swap, symmetric } from './shape.ts'

const thin = (name: string, a: Meta): [u: Meta, s: Meta, vh: Meta] => {
  const [m, n] = matrixSize(name, a)
  const k = m === -1 || n === -1 ? -1 : Math.min(m, n)
  const axes = a.shape.slice(0, -2)
  const of = (...sizes: number[]): Meta => ({ shape: [...axes, ...sizes], dtype: a.dtype })
  return [of(m, k), of(k), of(k, n)]
}

/** U diag(g) V^T from A, its decomposition, and the cotangents of its singular values. Its derivative is in the bases
 * of A, quotients of differences and of sums of g and of values. */
const ofValuesOp: Op<Named> = defineOp<Named>({
  name: 'gradient of singular values',
  infer: ([a]) => a,
  decompose: ([, u, , vh, g]) => matmul(columnsTimes(u, g), vh),
  vjp: ({ inputs: [a, u, s, vh, g], cotangents: [e], attrs: { name } }) => {
    const weights = weightsOf(name, a, s, g)
    const onLeft = matmul(swap(u), e)
    const onRight = matmul(e, swap(vh))
    const x = matmul(onLeft, swap(vh))
    const even = symmetric(x)
    const inner = add(timesQuotients(even, 'apart', weights, x), timesQuotients(sub(x, even), 'together', weights, x))
    const within = matmul(matmul(u, inner), vh)
    const [m, n] = a.shape.slice(-2)
    const beside = (of: Tensor, basis: Tensor, by: Tensor): Tensor =>
      timesQuotients(sub(of, matmul(basis, by)), 'alone', weights, of)
    const whole =
      m > n
        ? add(within, matmul(beside(onRight, u, x), vh))
        : m < n
          ? add(within, matmul(u, swap(beside(swap(onLeft), swap(vh), swap(x)))))
          : within
    return [whole, null, null, null, diagonal(x, 0, { axes: [-2, -1] })]
  },
})

export const svdOp: Op<DegenerateAttrs> = defineOp<DegenerateAttrs>({
  name: 'linalg/svd',
  risk: () => 'any',
  identity: ({ degenerate }) => degenerate,
  infer: ([a], { name }) => thin(name, a),
  // With P and Q the antisymmetric parts of U^T U' and V^T V', A' = U (diag(s') + (P + Q)_ij / 2 (s_j - s_i) +
  // (P - Q)_ij / 2 (s_j + s_i)) V^T, and what U' and V' have beside U and V, over s.
  vjp: ({ inputs: [a], outputs: [u, s, vh], cotangents: [gu, gs, gvh], attrs: { degenerate, name } }) => {
    if (isAbsent(gu) && isAbsent(gvh)) return [apply(ofValuesOp, [a, u, s, vh, gs], { name })]
    const isStrict = degenerate === 'strict'
    const gv = swap(gvh)
    const v = swap(vh)
    const onLeft = matmul(swap(u), gu)
    const onRight = matmul(vh, gv)
    const p = sub(onLeft, swap(onLeft))
    const q = sub(onRight, swap(onRight))
    const share = add(onLeft, onRight)
    const turning = add(p, q)
    const checked = isStrict
      ? apply(gaugeCheckOp, [turning, share, s, gs], { name, tolerance: gapTolerance(s.dtype) })
      : turning
    const largest = largestOf(s)
    const si = expandDims(s, -1)
    const sj = expandDims(s, -2)
    const tolerance = mul(expandDims(largest, -1), gapTolerance(s.dtype))
    const apart = mul(inverseGap(si, sj, expandDims(largest, -1), degenerate), checked)
    /** Where values are 0, left vectors turn without right ones: what depends on either there has no gradient. */
    const determined = (beside: Tensor, source: Tensor): Tensor =>
      isStrict ? apply(nullCheckOp, [beside, source, s], { name, tolerance: gapTolerance(s.dtype) }) : beside
    const isBothZero = lessEqual(add(si, sj), tolerance)
    const difference = sub(p, q)
    const atZero = determined(where(isBothZero, difference, 0), share)
    const odd = where(isBothZero, atZero, difference)
    const together = mul(inverseOf(add(si, sj), tolerance), odd)
    const inner = add(mul(add(apart, together), 0.5), diagonalOf(gs))
    const grad = matmul(matmul(u, inner), vh)
    const [m, n] = a.shape.slice(-2)
    const inverse = inverseOf(s, mul(largest, gapTolerance(s.dtype)))
    if (m > n) {
      const beside = determined(sub(gu, matmul(u, onLeft)), gu)
      return [add(grad, matmul(columnsTimes(beside, inverse), vh))]
    }
    if (n > m) {
      const beside = determined(sub(gv, matmul(v, onRight)), gv)
      return [add(grad, matmul(u, rowsTimes(inverse, swap(beside))))]
    }
    return [grad]
  },
})

export const svdvalsOp: Op<Named> = defineOp<Named>({
  name: 'linalg/svdvals',
  risk: () => 'any',
  identity: () => 0,
  infer: ([a], { name }) => thin(name, a)[1],
  vjp: ({ inputs: [a], outputs: [s], cotangents: [g], attrs }) => {
    const [u, , vh] = applyAll(svdOp, [a], strict(attrs.name))
    return [apply(ofValuesOp, [a, u, s, vh, g], attrs)]
  },
})

/** The thin decomposition A = U diag(s) V^T: u `[..., m, k]` and vh `[..., k, n]` of orthonormal columns and rows, s
 * `[..., k]` descending, k = min(m, n). `s` has a gradient everywhere; those of `u` and `vh` need gaps between values,
 * and none that is 0, and `degenerate` says what they do where there are none. `polar`, `lowRank`, `pinv` and the norms
 * need no gaps.
 * @throws ShapeError, DTypeError, SettingError; while running, LinalgError for what is not finite, and in the gradient
 * with `strict` where the loss depends on how vectors of equal values were chosen
 * @see J. Townsend, "Differentiating the singular value decomposition", 2016,
 * https://j-towns.github.io/papers/svd-derivative.pdf
 * @example const { u, s, vh } = svd([[3, 0], [4, 5]]) */
export function svd(
  a: TensorLike,
  options?: { readonly degenerate?: Degenerate },
): { u: Tensor; s: Tensor; vh: Tensor } {
  const [u, s, vh] = applyAll(svdOp, asFloats(a), degenerateOf('svd', options))
  return { u, s, vh }
}

/** Singular values, descending: `[..., m, n] -> [..., min(m, n)]`. Where values are equal, the gradient is one of those
 * that the vectors found there have. The second derivative is exact there, and where values are 0, for losses that take
 * equal values alike and are even in those that are 0; the third needs gaps.
 * @throws ShapeError, DTypeError; while running, LinalgError for what is not finite, and as `eigvalsh` in the second
 * derivative
 * @example const s = svdvals([[3, 0], [4, 5]]) */
export const svdvals = (a: TensorLike): Tensor => apply(svdvalsOp, asFloats(a), { name: 'svdvals' })
