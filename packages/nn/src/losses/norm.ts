import {
  abs,
  div,
  equal,
  greater,
  less,
  logicalAnd,
  max,
  mul,
  normalizeAxis,
  pow,
  sqrt,
  square,
  squeeze,
  stopGradient,
  sum,
  where,
  type Tensor,
} from '@gradloom/core'

const power = (x: Tensor, p: number): Tensor => (p === 1 ? x : p === 2 ? square(x) : p === 0.5 ? sqrt(x) : pow(x, p))

/** (sum of |x|^p)^(1/p) over the last axis, the largest |x| for p = Infinity. Elements are divided by the largest, so
 * that no power overflows or vanishes. The gradient at a vector of zeros is 0. `name`: the op that asks.
 * @throws ShapeError for a scalar */
export function norm(name: string, x: Tensor, p: number): Tensor {
  const axis = normalizeAxis(name, -1, x.rank, x.shape)
  if (x.shape[axis] === 0) return sum(x, { axis })
  const largest = max(abs(x), { axis, keepDims: true })
  if (p === Infinity) return squeeze(largest, axis)
  const scale = stopGradient(where(logicalAnd(greater(largest, 0), less(largest, Infinity)), largest, 1))
  const total = sum(power(abs(div(x, scale)), p), { axis })
  const none = equal(total, 0)
  return mul(squeeze(scale, axis), where(none, 0, power(where(none, 1, total), 1 / p)))
}
