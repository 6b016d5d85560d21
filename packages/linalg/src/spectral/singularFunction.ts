import {
  abs,
  add,
  apply,
  applyAll,
  concat,
  defineOp,
  div,
  expandDims,
  greater,
  greaterEqual,
  less,
  lessEqual,
  matmul,
  mul,
  sign,
  slice,
  stopGradient,
  sub,
  where,
  zeros,
  zerosLike,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { demand, iota, isCount } from '@gradloom/core/extend'

import type { Named } from '../kernels/kernel.ts'
import { columnsTimes, eighOp, rowsTimes } from '../ops/eigh.ts'
import { rankTolerance } from '../ops/pinv.ts'
import { asFloats, columnsOf, matrixSize, rowsOf, swap, symmetric } from '../ops/shape.ts'
import { svdOp } from '../ops/svd.ts'
import { orOne } from '../ops/unless.ts'
import { gapTolerance, largestOf, strict } from './degenerate.ts'
import { inverseOrZero } from './differences.ts'
import { overLargest, secondDerivative } from './spectralFunction.ts'
import { spectrumOp } from './spectrum.ts'

/** g of singular values in U diag(g(s)) V^T: 1 (`polar`), 1 where s is not 0 (`nuclear`), s of the `rank` first ones
 * (`lowRank`). */
export interface SingularAttrs extends Named {
  readonly kind: 'polar' | 'nuclear' | 'lowRank'
  readonly rank: number
}

interface Singular {
  readonly u: Tensor
  readonly s: Tensor
  readonly vh: Tensor
  /** 1 for the values that count. */
  readonly isIn: Tensor
  /** Between those and the others, [..., 1]. */
  readonly cut: Tensor
}

/** The values that count, and a number between these and the rest. */
function singularOf(a: Tensor, { kind, rank, name }: SingularAttrs): Singular {
  const [u, s, vh] = applyAll(svdOp, [a], strict(name))
  const k = s.shape.at(-1)!
  const at = (i: number): Tensor => slice(s, [...s.shape.slice(0, -1).map(() => null), [i, i + 1]])
  if (kind === 'nuclear') {
    const cut = stopGradient(mul(largestOf(s), gapTolerance(s.dtype)))
    return { u, s, vh, isIn: greater(s, cut).cast(s.dtype), cut }
  }
  if (kind === 'polar') {
    const tolerance = rankTolerance(s.dtype, ...(a.shape.slice(-2) as [number, number]))
    const checked = apply(spectrumOp, [s], { name, must: 'be positive', tolerance })
    return {
      u,
      s: checked,
      vh,
      isIn: where(greater(checked, 0), 1, zerosLike(s)),
      cut: stopGradient(mul(at(k - 1), 0.5)),
    }
  }
  const isIn = less(iota([k]), rank).cast(s.dtype)
  if (rank >= k) return { u, s, vh, isIn: add(isIn, zerosLike(s)), cut: sub(zerosLike(at(0)), 1) }
  // Where nothing but zeros goes, there is nothing to be told apart.
  const isWhole = lessEqual(at(rank - 1), mul(at(0), gapTolerance(s.dtype)))
  const apart = where(isWhole, 1, div(sub(at(rank - 1), at(rank)), orOne(at(0))))
  const beside = concat([apart, add(zerosLike(apart), 1)], -1)
  const checked = apply(spectrumOp, [beside], {
    name,
    must: 'be apart',
    tolerance: gapTolerance(s.dtype),
  })
  // What reads the values that stay reads that they are told apart.
  const one = columnsOf(checked, 1, 2)
  const cut = stopGradient(mul(add(at(rank - 1), at(rank)), 0.5))
  return { u, s, vh, isIn: stopGradient(mul(isIn, one)), cut }
}

/** (g_i - g_j) / (s_i - s_j), (g_i + g_j) / (s_i + s_j), and g / s. */
function differencesOf({ s, isIn }: Singular, { kind }: SingularAttrs): readonly [Tensor, Tensor, Tensor] {
  const [si, sj] = [expandDims(s, -1), expandDims(s, -2)]
  const [ini, inj] = [expandDims(isIn, -1), expandDims(isIn, -2)]
  const sums = inverseOrZero(add(si, sj))
  if (kind !== 'lowRank') return [zerosLike(sums), mul(add(ini, inj), sums), mul(isIn, inverseOrZero(s))]
  const both = mul(ini, inj)
  const across = sub(add(ini, inj), mul(both, 2))
  const kept = add(mul(ini, si), mul(inj, sj))
  const gaps = mul(sub(ini, inj), sub(si, sj))
  return [add(both, mul(across, mul(kept, inverseOrZero(gaps)))), add(both, mul(across, mul(kept, sums))), isIn]
}

/** The off-diagonal block of the second derivative of the odd function that g is, at [[0, A], [A^T, 0]], whose
 * eigenvalues are s, -s and 0. */
const secondOp: Op<SingularAttrs> = defineOp<SingularAttrs>({
  name: 'singular function second derivative',
  infer: ([a]) => a,
  decompose: ([a, e, g], attrs) => {
    const [m, n] = a.shape.slice(-2)
    if (m === 0 || n === 0) return zerosLike(a)
    const doubled = (x: Tensor): Tensor => {
      const block = (rows: number): Tensor => zeros([...x.shape.slice(0, -2), rows, rows], { dtype: x.dtype })
      return concat([concat([block(m), x], -1), concat([swap(x), block(n)], -1)], -2)
    }
    const isLinear = attrs.kind === 'lowRank'
    const [w, v] = applyAll(eighOp, [doubled(a)], strict(attrs.name))
    const parts = [singularOf(a, attrs).cut.expandDims(-1), doubled(e), doubled(g)]
    const [eigen, cut, x, y] = isLinear ? [[w, v] as const, ...parts] : overLargest([w, v], ...parts)
    const isIn = (s: Tensor): Tensor =>
      greaterEqual(abs(s), cut.reshape([...cut.shape, ...Array(s.rank - cut.rank).fill(1)]))
    const f = (s: Tensor): Tensor => where(isIn(s), isLinear ? s : sign(s), 0)
    const df = (s: Tensor): Tensor => (isLinear ? where(isIn(s), 1, zerosLike(s)) : zerosLike(s))
    const whole = secondDerivative(eigen, f, df, zerosLike, x, y)
    return columnsOf(rowsOf(whole, 0, m), m, m + n)
  },
})

/** The derivative in a direction E: in the bases of A, differences times the symmetric part of U^T E V, sums times the
 * antisymmetric part, and what E has beside U or V. It is its own adjoint. */
const firstOp: Op<SingularAttrs> = defineOp<SingularAttrs>({
  name: 'singular function derivative',
  infer: ([a]) => a,
  decompose: ([a, e], attrs) => {
    const parts = singularOf(a, attrs)
    const { u, vh } = parts
    const [apart, together, ratio] = differencesOf(parts, attrs)
    const onRight = matmul(e, swap(vh))
    const onLeft = matmul(swap(u), e)
    const inner = matmul(onLeft, swap(vh))
    const even = mul(apart, add(inner, swap(inner)))
    const odd = mul(together, sub(inner, swap(inner)))
    const within = matmul(matmul(u, mul(add(even, odd), 0.5)), vh)
    const [m, n] = a.shape.slice(-2)
    if (m > n) return add(within, matmul(columnsTimes(sub(onRight, matmul(u, inner)), ratio), vh))
    if (n > m) return add(within, matmul(u, rowsTimes(ratio, sub(onLeft, matmul(inner, vh)))))
    return within
  },
  vjp: ({ inputs: [a, e], cotangents: [g], attrs }) => [
    apply(secondOp, [a, e, g], attrs),
    apply(firstOp, [a, g], attrs),
  ],
})

/** U diag(g(s)) V^T. */
export const singularOp: Op<SingularAttrs> = defineOp<SingularAttrs>({
  name: 'singular function',
  infer: ([a]) => a,
  decompose: ([a], attrs) => {
    const { u, s, vh, isIn } = singularOf(a, attrs)
    return matmul(columnsTimes(u, attrs.kind === 'lowRank' ? mul(isIn, s) : isIn), vh)
  },
  vjp: ({ inputs: [a], cotangents: [g], attrs }) => [apply(firstOp, [a, g], attrs)],
})

/** A = U P: U `[..., m, n]` the nearest matrix of orthonormal columns (rows where m < n), P `[..., n, n]` symmetric
 * without negative eigenvalues. The gradient is exact at repeated singular values.
 * @throws ShapeError, DTypeError; while running, LinalgError where A has no full rank (as `pinv` counts it), or is
 * not finite
 * @see N. J. Higham, "Functions of Matrices", 2008, chapter 8
 * @example const { u, p } = polar([[3, 1], [0, 2]]) */
export function polar(a: TensorLike): { u: Tensor; p: Tensor } {
  const [x] = asFloats(a)
  matrixSize('polar', x)
  const u = apply(singularOp, [x], { kind: 'polar', rank: 0, name: 'polar' })
  const p = matmul(swap(u), x)
  return { u, p: symmetric(p) }
}

/** The nearest matrix of rank `k`: the k largest singular values alone. The gradient is exact where values are equal
 * among those that stay or those that go.
 * @throws ShapeError, DTypeError, SettingError; while running, LinalgError for what is not finite, and DEGENERATE where
 * the k-th value and the next are equal
 * @see C. Eckart, G. Young, "The approximation of one matrix by another of lower rank", 1936
 * @example const b = lowRank(a, 2) */
export function lowRank(a: TensorLike, k: number): Tensor {
  const [x] = asFloats(a)
  matrixSize('lowRank', x)
  demand(isCount(k) && k > 0, 'lowRank', 'a positive whole number', k, 'k')
  return apply(singularOp, [x], { kind: 'lowRank', rank: k, name: 'lowRank' })
}
