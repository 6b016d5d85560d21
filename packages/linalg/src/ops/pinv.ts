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
  sub,
  where,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { settings } from '@gradloom/core/extend'
import { largestOf } from '../spectral/degenerate.ts'
import { columnsTimes } from './eigh.ts'
import { asFloats, matrixSize, swap } from './shape.ts'
import { svdOp } from './svd.ts'

interface PinvAttrs {
  /** Singular values at most this times the largest count as 0. */
  readonly tolerance: number
}

/** Rounding of singular values, relative to the largest. */
export const rankTolerance = (dtype: string, m: number, n: number): number =>
  Math.max(1, m, n) * (dtype === 'float64' ? 2 ** -52 : 2 ** -23)

const pinvOp: Op<PinvAttrs> = defineOp<PinvAttrs>({
  name: 'pinv',
  infer: ([a]) => {
    const [m, n] = matrixSize('pinv', a)
    return { shape: [...a.shape.slice(0, -2), n, m], dtype: a.dtype }
  },
  decompose: ([a], { tolerance }) => {
    const [m, n] = a.shape.slice(-2)
    const [u, s, vh] = applyAll(svdOp, [a], { degenerate: 'strict' })
    const least = Number.isNaN(tolerance) ? rankTolerance(a.dtype, m, n) : tolerance
    const isIn = greater(s, mul(largestOf(s), least))
    return matmul(columnsTimes(swap(vh), where(isIn, reciprocal(where(isIn, s, 1)), 0)), swap(u))
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
  return apply(pinvOp, asFloats(a), settings<PinvAttrs>('pinv', options, { tolerance: NaN }))
}

/** The X of least norm that makes A X - B least: `[..., m, n], [..., m, k] -> [..., n, k]`, leading axes broadcast; b
 * can be a vector. Rank and gradient are as for `pinv`.
 * @throws ShapeError, DTypeError, SettingError; while running, LinalgError for what is not finite
 * @see G. H. Golub, V. Pereyra, 1973, https://doi.org/10.1137/0710036
 * @example const x = lstsq([[1, 0], [1, 1], [1, 2]], [1, 2, 4]) */
export function lstsq(a: TensorLike, b: TensorLike, options?: { readonly tolerance?: number }): Tensor {
  const [x, y] = asFloats(a, b)
  return matmul(pinv(x, options), y)
}
