import {
  add,
  apply,
  applyAll,
  defineOp,
  expandDims,
  matmul,
  mul,
  sub,
  where,
  type Meta,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { diagonal, eye } from '@gradloom/ops'
import type { Named } from '../kernels/kernel.ts'
import {
  degenerateOf,
  gapTolerance,
  inverseGap,
  largestOf,
  strict,
  type Degenerate,
  type DegenerateAttrs,
} from '../spectral/degenerate.ts'
import { gaugeCheckOp } from '../spectral/gauge.ts'
import { timesQuotients, weightsOf } from '../spectral/quotients.ts'
import { asFloats, squareSize, swap, symmetric } from './shape.ts'

const valuesMeta = (name: string, a: Meta): Meta => {
  squareSize(name, a)
  return { shape: a.shape.slice(0, -1), dtype: a.dtype }
}

/** Whether a cotangent is known to be 0. */
export const isAbsent = ({ node: { op, attrs } }: Tensor): boolean =>
  op.form.kind === 'literal' && op.form.value(attrs as never) === 0

/** A diagonal matrix times B from the left. */
export const rowsTimes = (values: Tensor, b: Tensor): Tensor => mul(expandDims(values, -1), b)
export const columnsTimes = (b: Tensor, values: Tensor): Tensor => mul(b, expandDims(values, -2))

/** V diag(g) V^T from A, its values and vectors, and the cotangents of its values. Its derivative is in the basis of A,
 * quotients of differences of g and of values. */
const ofValuesOp: Op<Named> = defineOp<Named>({
  name: 'gradient of eigenvalues',
  infer: ([a]) => a,
  decompose: ([, , v, g]) => matmul(columnsTimes(v, g), swap(v)),
  vjp: ({ inputs: [a, w, v, g], cotangents: [e], attrs: { name } }) => {
    const x = matmul(matmul(swap(v), symmetric(e)), v)
    const inner = timesQuotients(x, 'apart', weightsOf(name, a, w, g))
    return [symmetric(matmul(matmul(v, inner), swap(v))), null, null, diagonal(x, 0, { axes: [-2, -1] })]
  },
})

export const eighOp: Op<DegenerateAttrs> = defineOp<DegenerateAttrs>({
  name: 'linalg/eigh',
  risk: () => 'any',
  identity: ({ degenerate }) => degenerate,
  infer: ([a], { name }) => [valuesMeta(name, a), a],
  // A' = V (diag(w') + F o (V^T V')) V^T, F_ij = 1 / (w_j - w_i), symmetric part
  vjp: ({ inputs: [a], outputs: [w, v], cotangents: [gw, gv], attrs: { degenerate, name } }) => {
    if (isAbsent(gv)) return [apply(ofValuesOp, [a, w, v, gw], { name })]
    const share = matmul(swap(v), gv)
    const turning = sub(share, swap(share))
    const checked =
      degenerate === 'strict'
        ? apply(gaugeCheckOp, [turning, share, w, gw], { name, tolerance: gapTolerance(w.dtype) })
        : turning
    const f = inverseGap(expandDims(w, -1), expandDims(w, -2), expandDims(largestOf(w), -1), degenerate)
    const inner = add(mul(mul(f, checked), 0.5), diagonalOf(gw))
    return [symmetric(matmul(matmul(v, inner), swap(v)))]
  },
})

/** Diagonal matrices of values [..., k]. */
export const diagonalOf = (values: Tensor): Tensor =>
  where(eye(values.shape.at(-1)!, { dtype: 'bool' }), expandDims(values, -1), 0)

export const eigvalshOp: Op<Named> = defineOp<Named>({
  name: 'linalg/eigvalsh',
  risk: () => 'any',
  identity: () => 0,
  infer: ([a], { name }) => valuesMeta(name, a),
  vjp: ({ inputs: [a], outputs: [w], cotangents: [g], attrs }) => {
    const [, v] = applyAll(eighOp, [a], strict(attrs.name))
    return [apply(ofValuesOp, [a, w, v, g], attrs)]
  },
})

/** Ascending eigenvalues `[..., n]` and eigenvectors, the columns of `[..., n, n]`, of symmetric matrices. `values`
 * have a gradient everywhere; that of `vectors` needs gaps between values, and `degenerate` says what it does where
 * there are none. Functions of a matrix have `spectralFunction`, which needs no gaps.
 * @throws ShapeError, DTypeError, SettingError; while running, LinalgError where A is not symmetric or not finite, and
 * in the gradient with `strict` where the loss depends on how vectors of equal values were chosen
 * @see M. Giles, "An extended collection of matrix derivative results", 2008, section 3.1
 * @example const { values, vectors } = eigh([[2, 1], [1, 2]]) */
export function eigh(
  a: TensorLike,
  options?: { readonly degenerate?: Degenerate },
): { values: Tensor; vectors: Tensor } {
  const [values, vectors] = applyAll(eighOp, asFloats(a), degenerateOf('eigh', options))
  return { values, vectors }
}

/** Ascending eigenvalues of symmetric matrices: `[..., n, n] -> [..., n]`. Where values are equal, the gradient is one
 * of those that the vectors found there have. The second derivative is exact there for losses that take equal values
 * alike, such as a logarithm of the determinant; the third needs gaps.
 * @throws ShapeError, DTypeError; while running, LinalgError as `eigh`, and at ties in the second derivative for other
 * losses, and for those whose cotangents have more of A than these values, or come through a loop that has them
 * @example const w = eigvalsh([[2, 1], [1, 2]]) */
export const eigvalsh = (a: TensorLike): Tensor => apply(eigvalshOp, asFloats(a), { name: 'eigvalsh' })
