import {
  add,
  apply,
  applyAll,
  defineOp,
  greater,
  matmul,
  mul,
  neg,
  reciprocal,
  ShapeError,
  show,
  sub,
  where,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { checkBy, settings, sumTo } from '@gradloom/core/extend'
import { largestOf, strict } from '../spectral/degenerate.ts'
import { columnsTimes, rowsTimes } from './eigh.ts'
import { asFloats, leading, matrixSize, swap } from './shape.ts'
import { svdOp } from './svd.ts'

export interface PinvAttrs {
  /** Singular values at most this times the largest count as 0; null for their rounding. */
  readonly tolerance: number | null
}

/** @throws NameError, SettingError */
export const toleranceOf = (name: string, options: unknown): PinvAttrs =>
  settings<PinvAttrs>(name, options, { tolerance: null }, checkBy({ tolerance: 'a number in [0, Infinity)' }))

/** Rounding of singular values, relative to the largest. */
export const rankTolerance = (dtype: string, m: number, n: number): number =>
  Math.max(1, m, n) * (dtype === 'float64' ? 2 ** -52 : 2 ** -23)

/** Left vectors, inverse singular values, 0 for those that count as 0, and right vectors. */
function inverted(
  name: string,
  a: Tensor,
  tolerance: number | null,
): readonly [u: Tensor, inverse: Tensor, vh: Tensor] {
  const [m, n] = a.shape.slice(-2)
  const [u, s, vh] = applyAll(svdOp, [a], strict(name))
  const least = tolerance ?? rankTolerance(a.dtype, m, n)
  const isIn = greater(s, mul(largestOf(s), least))
  return [u, where(isIn, reciprocal(where(isIn, s, 1)), 0), vh]
}

const pinvOp: Op<PinvAttrs> = defineOp<PinvAttrs>({
  name: 'pinv',
  infer: ([a]) => {
    const [m, n] = matrixSize('pinv', a)
    return { shape: [...a.shape.slice(0, -2), n, m], dtype: a.dtype }
  },
  decompose: ([a], { tolerance }) => {
    const [u, inverse, vh] = inverted('pinv', a, tolerance)
    return matmul(columnsTimes(swap(vh), inverse), swap(u))
  },
  // With P the pseudoinverse and G its cotangent: -P^T G P^T + (I - A P) G^T P P^T + P^T P G^T (I - P A), products in
  // an order in which the scale of A does not leave the range.
  vjp: ({ inputs: [a], outputs: [p], cotangents: [g] }) => {
    const pt = swap(p)
    const gt = swap(g)
    const [m, n] = a.shape.slice(-2)
    const inner = neg(matmul(matmul(pt, g), pt))
    const beside = matmul(matmul(sub(gt, matmul(a, matmul(p, gt))), p), pt)
    const above = matmul(pt, matmul(p, sub(gt, matmul(matmul(gt, p), a))))
    const left = m > 1 ? add(inner, beside) : inner
    return [n > 1 ? add(left, above) : left]
  },
})

/** The pseudoinverse: `[..., m, n] -> [..., n, m]`. Singular values at most `tolerance` times the largest count as 0,
 * by default max(m, n) times the rounding of the dtype. The gradient, to any order, is that at constant rank, exact at
 * repeated singular values.
 * @throws ShapeError, DTypeError, SettingError; while running, LinalgError for what is not finite
 * @see G. H. Golub, V. Pereyra, "The differentiation of pseudo-inverses and nonlinear least squares problems whose
 * variables separate", 1973, https://doi.org/10.1137/0710036
 * @example const p = pinv([[1, 2], [3, 4], [5, 6]]) */
export function pinv(a: TensorLike, options?: { readonly tolerance?: number }): Tensor {
  return apply(pinvOp, asFloats(a), toleranceOf('pinv', options))
}

interface LstsqAttrs extends PinvAttrs {
  /** Whether the pseudoinverse is transposed. */
  readonly transpose: boolean
}

/** P B or P^T B for the pseudoinverse P of A, factor by factor: P itself, as numbers, has lost what makes A X near B.
 */
const lstsqOp: Op<LstsqAttrs> = defineOp<LstsqAttrs>({
  name: 'lstsq',
  infer: ([a, b], { transpose }) => {
    const [m, n] = matrixSize('lstsq', a)
    const [rows, columns] = matrixSize('lstsq', b)
    const [from, to] = transpose ? [n, m] : [m, n]
    if (from !== rows && from !== -1 && rows !== -1)
      throw new ShapeError(`lstsq: as many rows of A as of B required, got ${show(a.shape, b.shape)}; transpose one`)
    return { shape: [...leading('lstsq', a, b), to, columns], dtype: b.dtype }
  },
  decompose: ([a, b], { tolerance, transpose }) => {
    const [u, inverse, vh] = inverted('lstsq', a, tolerance)
    return transpose
      ? matmul(u, rowsTimes(inverse, matmul(vh, b)))
      : matmul(swap(vh), rowsTimes(inverse, matmul(swap(u), b)))
  },
  // With W = P^T G and R = B - A X: -W X^T + R (P W)^T + P^T X (G - A^T W)^T, transposed where P is, and W.
  vjp: ({ inputs: [a, b], outputs: [x], cotangents: [g], attrs }) => {
    const by = (transpose: boolean, t: Tensor): Tensor => apply(lstsqOp, [a, t], { ...attrs, transpose })
    const { transpose } = attrs
    const of = transpose ? swap(a) : a
    const w = by(!transpose, g)
    const outer = (p: Tensor, q: Tensor): Tensor => matmul(p, swap(q))
    const beside = outer(sub(b, matmul(of, x)), by(transpose, w))
    const above = outer(by(!transpose, x), sub(g, matmul(swap(of), w)))
    const whole = sub(add(beside, above), outer(w, x))
    return [sumTo(transpose ? swap(whole) : whole, a.shape), sumTo(w, b.shape)]
  },
})

/** The X of least norm that makes A X - B least: `[..., m, n], [..., m, k] -> [..., n, k]`, leading axes broadcast; b
 * can be a vector. Rank and gradient are as for `pinv`.
 * @throws ShapeError, DTypeError, SettingError; while running, LinalgError for what is not finite
 * @see G. H. Golub, V. Pereyra, 1973, https://doi.org/10.1137/0710036
 * @example const x = lstsq([[1, 0], [1, 1], [1, 2]], [1, 2, 4]) */
export function lstsq(a: TensorLike, b: TensorLike, options?: { readonly tolerance?: number }): Tensor {
  const [x, y] = asFloats(a, b)
  const attrs = { ...toleranceOf('lstsq', options), transpose: false }
  return y.rank === 1 ? apply(lstsqOp, [x, y.expandDims(-1)], attrs).squeeze(-1) : apply(lstsqOp, [x, y], attrs)
}
