import {
  abs,
  add,
  apply,
  cast,
  div,
  expandDims,
  lessEqual,
  logicalAnd,
  mul,
  ones,
  sub,
  where,
  zerosLike,
  type Tensor,
} from '@gradloom/core'
import { iota, parameter, reverse, topological } from '@gradloom/core/extend'
import { orOne } from '../ops/unless.ts'
import { gapTolerance, inverseOf, largestOf, NEAR } from './degenerate.ts'
import { inverseOrZero } from './differences.ts'
import { gaugeCheckOp, nullCheckOp } from './gauge.ts'

/** Cotangents g of the values w of a, and how they change with them. */
export interface Weights {
  readonly name: string
  readonly w: Tensor
  readonly g: Tensor
  /** 1, 2, ... */
  readonly places: Tensor
  /** J^T places, J the Jacobian of g by w. */
  readonly slopes: Tensor
  /** J^T 1, which is the same for equal values where a loss takes these alike. */
  readonly level: Tensor
  /** Whether part of that may be out of sight: g has more of `a`, or of what surrounds a body. */
  readonly isHidden: boolean
}

export function weightsOf(name: string, a: Tensor, w: Tensor, g: Tensor): Weights {
  const places = add(cast(iota([w.shape.at(-1)!]), w.dtype).add(1), zerosLike(w))
  // A copy of an input, where an op that is made of others is differentiated.
  const source = a.node.inputs.length === 1 ? a.node.inputs[0].node : a.node
  const { name: free } = parameter(w).node.attrs as { name: string }
  const isHidden = topological([g], (node) => node === w.node).some(
    (node) => node === source || (node.attrs as { name?: string } | undefined)?.name === free,
  )
  const [slopes, level] = [places, ones(w.shape, { dtype: w.dtype })].map((r) => reverse([g], [r], [w], true)[0])
  return { name, w, g, places, slopes, level, isHidden }
}

const apart = (t: Tensor): Tensor => sub(expandDims(t, -1), expandDims(t, -2))
const together = (t: Tensor): Tensor => add(expandDims(t, -1), expandDims(t, -2))
const alone = (t: Tensor): Tensor => expandDims(t, -2)

/**
 * x times (g_i - g_j) / (w_i - w_j), (g_i + g_j) / (w_i + w_j), or g_j / w_j. Where w_i and w_j are equal and the loss
 * takes them alike, J is a multiple of the identity plus a constant on them: the quotient has the limit
 * (s_i - s_j) / (r_i - r_j) for s = J^T r, whatever r. Likewise where they are 0, and it is even in them. `whole`: of
 * what x is a part.
 * @see A. S. Lewis, H. S. Sendov, "Twice differentiable spectral functions", 2001,
 * https://doi.org/10.1137/S089547980036838X
 */
export function timesQuotients(
  x: Tensor,
  kind: 'apart' | 'together' | 'alone',
  { name, w, g, places, slopes, level, isHidden }: Weights,
  whole: Tensor = x,
): Tensor {
  const near = NEAR[w.dtype as 'float64']
  const tolerance = gapTolerance(w.dtype)
  const most = expandDims(largestOf(w), -1)
  const weight = expandDims(largestOf(g), -1)
  const size = orOne(weight)
  const [top, gap, slope, place] = [g, w, slopes, places].map({ apart, together, alone }[kind])
  const limit = mul(slope, inverseOrZero(place))
  const change = mul(limit, gap)
  const isNear = lessEqual(abs(gap), mul(most, isHidden ? tolerance : near))
  const isClose = lessEqual(abs(sub(top, change)), mul(add(size, abs(change)), near))
  const isLimit = logicalAnd(isNear, isHidden ? false : isClose)
  const share = mul(x, div(top, size))
  const doubtful = where(isNear, where(isLimit, 0, isHidden ? x : share), 0)
  const checked =
    kind === 'apart'
      ? apply(gaugeCheckOp, [doubtful, whole, w, level], { name, tolerance })
      : apply(nullCheckOp, [doubtful, whole, w], { name, tolerance })
  const inverse = inverseOf(gap, mul(most, tolerance))
  return where(isLimit, mul(limit, x), mul(mul(where(isNear, checked, share), inverse), size))
}
