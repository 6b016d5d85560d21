import {
  add,
  apply,
  applyAll,
  defineOp,
  div,
  greater,
  matmul,
  mul,
  reciprocal,
  reshape,
  ShapeError,
  show,
  stopGradient,
  sub,
  where,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { checkBy, settings, sumTo } from '@gradloom/core/extend'
import { eye } from '@gradloom/ops'
import type { Named } from '../kernels/kernel.ts'
import { largestOf, strict } from '../spectral/degenerate.ts'
import { columnsTimes, rowsTimes } from './eigh.ts'
import { asFloats, leading, matrixSize, swap } from './shape.ts'
import { svdOp } from './svd.ts'
import { orOne } from './unless.ts'

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

/** Which singular values of a do not count as 0. */
export function countsIn(a: Tensor, s: Tensor, tolerance: number | null): Tensor {
  const [m, n] = a.shape.slice(-2)
  return greater(s, mul(largestOf(s), tolerance ?? rankTolerance(a.dtype, m, n)))
}

/** Left vectors, inverse singular values, 0 for those that count as 0, and right vectors. */
function inverted(
  name: string,
  a: Tensor,
  tolerance: number | null,
): readonly [u: Tensor, inverse: Tensor, vh: Tensor] {
  const [u, s, vh] = applyAll(svdOp, [a], strict(name))
  const isIn = countsIn(a, s, tolerance)
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
  // That of P B for B = I: factor by factor too, as derivatives of P times P cancel.
  vjp: ({ inputs: [a], outputs: [p], cotangents: [g], attrs }) => [
    slopes(a, eye(a.shape.at(-2)!, { dtype: a.dtype }), p, g, { ...attrs, transpose: false, name: 'pinv' })[0],
  ],
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

interface LstsqAttrs extends PinvAttrs, Named {
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
  decompose: ([a, b], { tolerance, transpose, name }) => {
    const [u, inverse, vh] = inverted(name, a, tolerance)
    return transpose
      ? matmul(u, rowsTimes(inverse, matmul(vh, b)))
      : matmul(swap(vh), rowsTimes(inverse, matmul(swap(u), b)))
  },
  vjp: ({ inputs: [a, b], outputs: [x], cotangents: [g], attrs }) => slopes(a, b, x, g, attrs),
})

/** The gradients in A and B of X = P B, G that of X. With W = P^T G and R = B - A X: -W X^T + R (P W)^T +
 * P^T X (G - A^T W)^T, transposed where P is, and W. */
function slopes(a: Tensor, b: Tensor, x: Tensor, g: Tensor, attrs: LstsqAttrs): readonly [a: Tensor, b: Tensor] {
  const by = (transpose: boolean, t: Tensor): Tensor => apply(lstsqOp, [a, t], { ...attrs, transpose })
  const { transpose } = attrs
  const of = transpose ? swap(a) : a
  const w = by(!transpose, g)
  // P^T X leaves the range where all of it, times G, does not.
  const most = stopGradient(largestOf(reshape(g, [-1])))
  const size = orOne(most)
  const outer = (p: Tensor, q: Tensor): Tensor => matmul(p, swap(q))
  const beside = outer(sub(b, matmul(of, x)), by(transpose, w))
  const above = outer(by(!transpose, mul(x, size)), div(sub(g, matmul(swap(of), w)), size))
  const whole = sub(add(beside, above), outer(w, x))
  return [sumTo(transpose ? swap(whole) : whole, a.shape), sumTo(w, b.shape)]
}

/** The X of least norm that makes A X - B least: `[..., m, n], [..., m, k] -> [..., n, k]`, leading axes broadcast; b
 * can be a vector. Rank and gradient are as for `pinv`.
 * @throws ShapeError, DTypeError, SettingError; while running, LinalgError for what is not finite
 * @see G. H. Golub, V. Pereyra, 1973, https://doi.org/10.1137/0710036
 * @example const x = lstsq([[1, 0], [1, 1], [1, 2]], [1, 2, 4]) */
export function lstsq(a: TensorLike, b: TensorLike, options?: { readonly tolerance?: number }): Tensor {
  const [x, y] = asFloats(a, b)
  const attrs = { ...toleranceOf('lstsq', options), transpose: false, name: 'lstsq' }
  return y.rank === 1 ? apply(lstsqOp, [x, y.expandDims(-1)], attrs).squeeze(-1) : apply(lstsqOp, [x, y], attrs)
}
