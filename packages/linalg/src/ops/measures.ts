import {
  any,
  apply,
  applyAll,
  div,
  equal,
  expandDims,
  matmul,
  mul,
  reshape,
  ShapeError,
  show,
  sum,
  where,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { checkBy, demand, settings } from '@gradloom/core/extend'
import { diagonal, eye } from '@gradloom/ops'
import { luOp } from './lu.ts'
import { normBy, ORDS, type NormOptions } from './norm.ts'
import { composite } from './composite.ts'
import { countsIn, toleranceOf, type PinvAttrs } from './pinv.ts'
import { asFloats, leading, matrixSize, spreadOver, squareSize } from './shape.ts'
import { inverse } from './solve.ts'
import { svdvalsOp } from './svd.ts'
import { unless } from './unless.ts'

/** The sum of the diagonal: `[..., m, n] -> [...]`. @throws ShapeError, DTypeError
 * @example const t = trace([[1, 2], [3, 4]]) */
export function trace(a: TensorLike): Tensor {
  const [x] = asFloats(a)
  matrixSize('trace', x)
  return sum(diagonal(x, 0, { axes: [-2, -1] }), { axis: -1 })
}

const kronOp: Op = composite(
  'kron',
  ([a, b]) => {
    const [m, n] = matrixSize('kron', a)
    const [p, q] = matrixSize('kron', b)
    const times = (x: number, y: number): number => (x === -1 || y === -1 ? -1 : x * y)
    return { shape: [...leading('kron', a, b), times(m, p), times(n, q)], dtype: a.dtype }
  },
  ([a, b]) => {
    const [m, n] = a.shape.slice(-2)
    const [p, q] = b.shape.slice(-2)
    const product = mul(expandDims(a, [-3, -1]), expandDims(b, [-4, -2]))
    return reshape(product, [...product.shape.slice(0, -4), m * p, n * q])
  },
)

/** The Kronecker product of matrices, each element of A times B: `[..., m, n], [..., p, q] -> [..., m p, n q]`, leading
 * axes broadcast.
 * @throws ShapeError, DTypeError
 * @example const k = kron([[1, 2]], [[1], [3]]) */
export const kron = (a: TensorLike, b: TensorLike): Tensor => apply(kronOp, asFloats(a, b))

const identityOp: Op = composite(
  'identity matrices',
  ([a]) => {
    squareSize('identity matrices', a)
    return a
  },
  ([a]) => spreadOver(a.shape.slice(0, -2), eye(a.shape.at(-1)!, { dtype: a.dtype })),
)

/** The k-th power of square matrices by repeated squaring, k a whole number: of the inverse where it is negative.
 * @throws ShapeError, DTypeError, SettingError; while running, LinalgError for a singular A where k is negative
 * @example const a3 = matrixPower([[1, 1], [0, 1]], 3) */
export function matrixPower(a: TensorLike, k: number): Tensor {
  demand(Number.isInteger(k), 'matrixPower', 'a whole number', k, 'k')
  const [x] = asFloats(a)
  squareSize('matrixPower', x)
  if (k === 0) return apply(identityOp, [x])
  let square = k < 0 ? inverse('matrixPower', x) : x
  let result: Tensor | undefined
  for (let rest = Math.abs(k); ; square = matmul(square, square)) {
    if (rest % 2) result = result ? matmul(result, square) : square
    rest = Math.floor(rest / 2)
    if (!rest) return result!
  }
}

/** How much relative errors can grow where A is inverted: by default the largest singular value over the least, for
 * `ord` -2 the least over the largest, with another `ord` of `norm` the norm of A times that of its inverse.
 * `[..., m, n] -> [...]`, square where the inverse is asked for. Where A is singular it is infinite with gradient 0,
 * and for -2 zero unless all of A is, as in NumPy.
 * @throws ShapeError, DTypeError, SettingError
 * @example const c = cond([[1, 0], [0, 1e-3]]) */
export function cond(a: TensorLike, options?: { readonly ord?: NormOptions['ord'] }): Tensor {
  const { ord } = settings<{ ord: NormOptions['ord'] }>('cond', options, { ord: null }, checkBy(ORDS))
  const [x] = asFloats(a)
  if (matrixSize('cond', x).includes(0))
    throw new ShapeError(`cond: a matrix with elements required, got ${show(x.shape)}`)
  const by = (of: Tensor, order: NormOptions['ord']): Tensor => normBy('cond', of, { ord: order, axis: [-2, -1] })
  if (ord === null || ord === 2 || ord === -2) {
    const [high, low] = ord === -2 ? [by(x, -2), by(x, 2)] : [by(x, 2), by(x, -2)]
    return unless(equal(low, 0), low, Infinity, (s) => div(high, s))
  }
  squareSize('cond', x)
  const isSingular = any(equal(diagonal(applyAll(luOp, [x], { name: 'cond' })[2], 0, { axes: [-2, -1] }), 0), {
    axis: -1,
  })
  const regular = where(expandDims(isSingular, [-2, -1]), apply(identityOp, [x]), x)
  return where(isSingular, Infinity, mul(by(x, ord), by(inverse('cond', regular), ord)))
}

const rankOp: Op<PinvAttrs> = composite<PinvAttrs>(
  'matrixRank',
  ([a]) => {
    matrixSize('matrixRank', a)
    return { shape: a.shape.slice(0, -2), dtype: 'int32' }
  },
  ([a], { tolerance }) => {
    const s = apply(svdvalsOp, [a], { name: 'matrixRank' })
    return sum(countsIn(a, s, tolerance).cast('int32'), { axis: -1 })
  },
)

/** How many singular values are more than `tolerance` times the largest, as int32: `[..., m, n] -> [...]`. The
 * tolerance is that of `pinv`.
 * @throws ShapeError, DTypeError, SettingError
 * @example const r = matrixRank([[1, 2], [2, 4]]) */
export const matrixRank = (a: TensorLike, options?: { readonly tolerance?: number }): Tensor =>
  apply(rankOp, asFloats(a), toleranceOf('matrixRank', options))
