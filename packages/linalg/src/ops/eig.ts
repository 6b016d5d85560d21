import {
  abs,
  add,
  apply,
  applyAll,
  concat,
  defineOp,
  div,
  expandDims,
  lessEqual,
  logicalAnd,
  logicalNot,
  matmul,
  max,
  maximum,
  min,
  mul,
  neg,
  square,
  stopGradient,
  sub,
  sum,
  where,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { eye } from '@gradloom/ops'
import { inverseOrZero } from '../spectral/differences.ts'
import { diagonalOf } from './eigh.ts'
import type { Complex } from './fft.ts'
import { rankTolerance } from './pinv.ts'
import { asFloats, rowsOf, squareSize, swap } from './shape.ts'
import { luFactorOp, luSolveOp } from './solve.ts'
import { orOne } from './unless.ts'

const times = (a: Complex, b: Complex): Complex => ({
  re: sub(matmul(a.re, b.re), matmul(a.im, b.im)),
  im: add(matmul(a.re, b.im), matmul(a.im, b.re)),
})
const adjoint = ({ re, im }: Complex): Complex => ({ re: swap(re), im: neg(swap(im)) })

/** Gaps between values of a Jordan block, relative to the largest value, are at most this; other vectors can be as
 * near to one another where a matrix is badly scaled. */
const NEAR = 2 ** -10
/** Pivots of vectors that depend on one another are at most this. */
const DEPENDENT = 2 ** -20

/** The gap to the nearest value, relative to the largest: `[..., n]`, large where there is none within `NEAR`. */
function nearest({ re, im }: Complex): Tensor {
  const gap = (x: Tensor): Tensor => abs(sub(expandDims(x, -2), expandDims(x, -1)))
  const largest = max(maximum(abs(re), abs(im)), { axis: -1, keepDims: true })
  const relative = div(maximum(gap(re), gap(im)), expandDims(orOne(largest), -1))
  const isOther = logicalNot(eye(re.shape.at(-1)!, { dtype: 'bool' }))
  return min(where(logicalAnd(isOther, lessEqual(relative, NEAR)), relative, 1 / Number.EPSILON), { axis: -1 })
}

/** The X of V^H X = B, V the vectors of w, as one real system of twice the size. Rounding moves a value by eps over the
 * pivot of its vector or more: where that is as much as its gap, the vector is lost, and the pivot is 0.
 * @see J. H. Wilkinson, "The Algebraic Eigenvalue Problem", 1965, chapter 2 */
function underVectors(v: Complex, w: Complex, b: Complex): Complex {
  const n = w.re.shape.at(-1)!
  if (n === 0) return b
  const whole = concat([concat([v.re, neg(v.im)], -1), concat([v.im, v.re], -1)], -2)
  const name = 'eig, vectors for the gradient'
  const [factors, order] = applyAll(luFactorOp, [whole], { name })
  const gaps = nearest(w)
  const pivots = abs(factors)
  const isRounding = lessEqual(
    mul(pivots, expandDims(concat([gaps, gaps], -1), -2)),
    rankTolerance(v.re.dtype, 2 * n, 1),
  )
  const isLost = logicalAnd(eye(2 * n, { dtype: 'bool' }), logicalAnd(lessEqual(pivots, DEPENDENT), isRounding))
  const inputs = [whole, where(isLost, 0, factors), order, concat([b.re, b.im], -2)]
  const x = apply(luSolveOp, inputs, { transpose: true, name })
  return { re: rowsOf(x, 0, n), im: rowsOf(x, n, 2 * n) }
}

/** 1 / conj(w_j - w_i) beside the diagonal, 0 on it and where values are equal. Parts are divided by the larger one, a
 * constant to gradients as the result does not depend on it: squares stay in range. */
function inverseGaps({ re, im }: Complex): Complex {
  const gapRe = sub(expandDims(re, -2), expandDims(re, -1))
  const gapIm = sub(expandDims(im, -2), expandDims(im, -1))
  const larger = maximum(abs(gapRe), abs(gapIm))
  const scale = stopGradient(orOne(larger))
  const x = div(gapRe, scale)
  const y = div(gapIm, scale)
  const inverse = inverseOrZero(add(square(x), square(y)))
  return { re: div(mul(x, inverse), scale), im: div(mul(y, inverse), scale) }
}

export const eigOp: Op = defineOp({
  name: 'linalg/eig',
  risk: () => 'any',
  infer: ([a]) => {
    squareSize('eig', a)
    const values = { shape: a.shape.slice(0, -1), dtype: a.dtype }
    return [values, values, a, a]
  },
  // A' = real part of V^-H (diag(w') + E o (V^H V' - V^H V diag(real part of V^H V'))) V^H, E_ij = 1 / conj(w_j - w_i):
  // vectors keep length 1.
  vjp: ({ outputs: [wr, wi, vr, vi], cotangents: [gwr, gwi, gvr, gvi] }) => {
    const w = { re: wr, im: wi }
    const v = { re: vr, im: vi }
    const vh = adjoint(v)
    const share = times(vh, { re: gvr, im: gvi })
    const own = mul(share.re, eye(wr.shape.at(-1)!, { dtype: wr.dtype }))
    const along = expandDims(sum(own, { axis: -2 }), -2)
    const gram = times(vh, v)
    const rest = { re: sub(share.re, mul(gram.re, along)), im: sub(share.im, mul(gram.im, along)) }
    const gaps = inverseGaps(w)
    const inner = {
      re: add(sub(mul(gaps.re, rest.re), mul(gaps.im, rest.im)), diagonalOf(gwr)),
      im: add(add(mul(gaps.re, rest.im), mul(gaps.im, rest.re)), diagonalOf(gwi)),
    }
    return [underVectors(v, w, times(inner, vh)).re]
  },
})

/** Eigenvalues `[..., n]` and eigenvectors, the columns of `[..., n, n]`, of square matrices, in no order: complex
 * numbers as pairs of parts. Vectors have length 1 and a phase that is not determined: losses must not depend on it.
 * The gradient needs eigenvalues that differ.
 * @throws ShapeError, DTypeError; while running, LinalgError for what is not finite, and in the gradient where the
 * vectors depend on one another, as in a Jordan block, to rounding
 * @see M. B. Giles, 2008, section 3.1; T. E. Boeddeker et al., "On the computation of complex-valued gradients with
 * application to statistically optimum beamforming", 2017, https://arxiv.org/abs/1701.00392
 * @example const { values, vectors } = eig([[0, 1], [-1, 0]]) */
export function eig(a: TensorLike): { values: Complex; vectors: Complex } {
  const [wr, wi, vr, vi] = applyAll(eigOp, asFloats(a), undefined)
  return { values: { re: wr, im: wi }, vectors: { re: vr, im: vi } }
}
