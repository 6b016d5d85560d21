import {
  ShapeError,
  abs,
  add,
  apply,
  defineOp,
  div,
  equal,
  expandDims,
  greater,
  greaterEqual,
  less,
  logicalAnd,
  max,
  min,
  mul,
  normalizeAxes,
  pow,
  reshape,
  show,
  sign,
  sqrt,
  square,
  stopGradient,
  sum,
  transpose,
  where,
  zeros,
  zerosLike,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { axisOf, checkBy, demand, range, settings } from '@gradloom/core/extend'
import { singularOp } from '../spectral/singularFunction.ts'
import { gapTolerance } from '../spectral/degenerate.ts'
import type { Named } from '../kernels/kernel.ts'
import { composite } from './composite.ts'
import { asFloats, matrixSize } from './shape.ts'
import { svdvalsOp } from './svd.ts'
import { orOne, unless } from './unless.ts'

export interface NormOptions {
  /** A number, Infinity and -Infinity included, 'fro' or 'nuc'. */
  readonly ord?: number | 'fro' | 'nuc' | null
  readonly axis?: number | readonly number[] | null
  readonly keepDims?: boolean
}

/** The sum of singular values; its gradient is U V^T over those that are not 0. */
const nuclearOp: Op<Named> = defineOp<Named>({
  name: 'nuclear norm',
  infer: ([a], { name }) => {
    matrixSize(name, a)
    return { shape: a.shape.slice(0, -2), dtype: a.dtype }
  },
  decompose: ([a], attrs) => sum(apply(svdvalsOp, [a], attrs), { axis: -1 }),
  vjp: ({ inputs: [a], cotangents: [g], attrs: { name } }) => [
    mul(expandDims(g, [-2, -1]), apply(singularOp, [a], { kind: 'nuclear', rank: 0, name })),
  ],
})

/** (sum |x|^ord)^(1/ord), of parts of the largest magnitude, or where ord is negative of the least that is not 0: one
 * power is 1, and no other is larger. That is a constant to gradients, as the result does not depend on it. */
function rootOfPowers(x: Tensor, ord: number, axis: readonly number[]): Tensor {
  const isEmpty = axis.some((a) => x.shape[a] === 0)
  const most = isEmpty
    ? zeros(
        x.shape.map((n, a) => (axis.includes(a) ? 1 : n)),
        x,
      )
    : ord > 0
      ? max(abs(x), { axis, keepDims: true })
      : min(where(equal(x, 0), Infinity, abs(x)), { axis, keepDims: true })
  const scale = stopGradient(where(logicalAnd(greater(most, 0), less(most, Infinity)), most, 1))
  const parts = div(x, scale)
  const ofZero = ord > 0 ? 0 : Infinity
  const powers = ord === 2 ? square(parts) : unless(equal(parts, 0), parts, ofZero, (part) => pow(abs(part), ord))
  const total = sum(powers, { axis })
  const root = unless(equal(total, 0), total, ofZero, (t) => (ord === 2 ? sqrt(t) : pow(t, 1 / ord)))
  return mul(root, reshape(scale, root.shape))
}

interface VectorAttrs {
  readonly ord: number
  /** Not negative. */
  readonly axis: readonly number[]
}

const vectorOp: Op<VectorAttrs> = composite<VectorAttrs>(
  'norm',
  ([x], { axis }) => ({ shape: x.shape.filter((_, a) => !axis.includes(a)), dtype: x.dtype }),
  ([x], { ord, axis }) => rootOfPowers(x, ord, axis),
)

/** The largest along axes, 0 of none, or the least. @throws ShapeError where there is no least */
function endOf(name: string, x: Tensor, isLargest: boolean, axis: readonly number[], keepDims = false): Tensor {
  const isEmpty = axis.some((a) => x.shape.at(a) === 0)
  if (isEmpty && !isLargest)
    throw new ShapeError(`${name}: elements required for this ord, got ${show(x.shape)}; use another`)
  return (isEmpty ? sum : isLargest ? max : min)(x, { axis, keepDims })
}

function vector(name: string, x: Tensor, ord: number, axis: readonly number[]): Tensor {
  if (Math.abs(ord) === Infinity) return endOf(name, abs(x), ord > 0, axis)
  if (ord === 1) return sum(abs(x), { axis })
  if (ord === 0) return sum(where(equal(x, 0), 0, add(zerosLike(x), 1)), { axis })
  return apply(vectorOp, [x], { ord, axis: axis.map((a) => (a < 0 ? a + x.rank : a)) })
}

/** The largest or least singular value; equal ones share the gradient, which is 0 where they are. */
function extreme(name: string, x: Tensor, isLargest: boolean): Tensor {
  const s = apply(svdvalsOp, [x], { name })
  const end = endOf(name, s, isLargest, [-1], true)
  const reach = gapTolerance(s.dtype)
  const isEnd = isLargest ? greaterEqual(s, mul(end, 1 - reach)) : greaterEqual(mul(end, 1 + reach), s)
  const weights = where(isEnd, sign(s), 0)
  return sum(mul(s, stopGradient(div(weights, orOne(sum(weights, { axis: -1, keepDims: true }))))), { axis: -1 })
}

function matrix(name: string, x: Tensor, ord: number | 'fro' | 'nuc'): Tensor {
  matrixSize(name, x)
  if (ord === 'fro') return vector(name, x, 2, [-2, -1])
  if (ord === 'nuc') return apply(nuclearOp, [x], { name })
  if (Math.abs(ord) === 2) return extreme(name, x, ord > 0)
  const sums = sum(abs(x), { axis: Math.abs(ord) === 1 ? -2 : -1 })
  return endOf(name, sums, ord > 0, [-1])
}

/** What `ord` can be. */
export const ORDS = { ord: "'fro', 'nuc' or a number" } as const

const isMatrixOrd = (ord: unknown): boolean =>
  typeof ord === 'string' || [1, 2, Infinity].includes(Math.abs(ord as number))

/** The norm of all elements, or over one axis or two. Without `ord` the root of the sum of squares. Over one axis, a
 * vector's: (sum |x|^ord)^(1/ord), Infinity the largest magnitude, -Infinity the least, 0 how many are not 0. Over
 * two, a matrix's: 'fro', 'nuc' (sum of singular values), 2 and -2 (largest and least singular value), 1 and -1 (sums
 * of columns), Infinity and -Infinity (sums of rows). The largest of none is 0; there is no least. At 0 and at equal
 * magnitudes or singular values the gradient is the subgradient that treats all alike. At 0 that is 0, by convention,
 * and derivatives of higher order are those of the convention: `square(norm(x))` has second derivative 0 at 0, where 2
 * would be right; `sum(square(x))` has 2.
 * @throws ShapeError, DTypeError, SettingError
 * @see G. A. Watson, "Characterization of the subdifferential of some matrix norms", 1992
 * @example const n = norm([[3, 4], [0, 0]], { ord: 'nuc' }) */
export const norm = (x: TensorLike, options?: NormOptions): Tensor => normBy('norm', x, options)

/** The norm, where errors speak for another function. */
export function normBy(name: string, x: TensorLike, options?: NormOptions): Tensor {
  const { ord, axis, keepDims } = settings<Required<NormOptions>>(
    name,
    options,
    {
      ord: null,
      axis: null,
      keepDims: false,
    },
    checkBy(ORDS),
  )
  const [t] = asFloats(x)
  normalizeAxes(name, axis, t.shape)
  const axes = axis === null ? range(t.rank) : [axis].flat().map((a) => axisOf(name, t, a as number))
  const kept = (y: Tensor): Tensor => (keepDims ? expandDims(y, axes) : y)
  if (ord === null) return kept(vector(name, t, 2, axes))
  if (axes.length === 2) {
    demand(isMatrixOrd(ord), name, "'fro', 'nuc', 1, -1, 2, -2, Infinity or -Infinity", ord, 'ord')
    return kept(matrix(name, transpose(t, [...range(t.rank).filter((a) => !axes.includes(a)), ...axes]), ord))
  }
  if (axes.length !== 1)
    throw new ShapeError(`${name}: one axis or two required with ord, got ${show(t.shape)}; give axis`)
  demand(typeof ord === 'number' && !Number.isNaN(ord), name, 'a number', ord, 'ord')
  return kept(vector(name, t, ord as number, axes))
}
