import {
  apply,
  defineOp,
  exp,
  maximum,
  minimum,
  mul,
  sigmoid,
  tanh,
  type Op,
  type Scalar,
  type Tensor,
} from '@gradloom/core'
import { erf } from '@gradloom/ops'
import { softplus, softplusOf } from './softplus.ts'

/** What both tensors and the scalars of a formula can do. */
interface Real<T> {
  neg(): T
  mul(y: T | number): T
  add(y: T | number): T
}
type Functions<T> = { readonly [name in 'sigmoid' | 'erf' | 'exp' | 'tanh' | 'softplus']: (x: T) => T }
type Gate = <T extends Real<T>>(x: T, functions: Functions<T>) => T
type Rate = <T extends Real<T>>(x: T, gate: T, functions: Functions<T>) => T

const ofScalars: Functions<Scalar> = {
  sigmoid: (x) => x.sigmoid(),
  erf: (x) => x.erf(),
  exp: (x) => x.exp(),
  tanh: (x) => x.tanh(),
  softplus: softplusOf,
}
const ofTensors: Functions<Tensor> = { sigmoid, erf, exp, tanh, softplus }

/** Here every gate has been 0 or 1 for long, and its rate 0, in float64 too: e^-745 is 0 there. Powers of it are finite
 * in float32. */
const FAR = 1000

/**
 * x gate(x) as one op, whose slope gate(x) + x rate(x) is one too: the backward pass needs x alone. The gate goes from
 * 0 at -infinity to 1 at infinity, `rate` is its derivative; both see x within +-FAR, so that no order of derivative
 * meets 0 * infinity, and far out values and derivatives are those of the limits, 0 and x.
 */
/* @__NO_SIDE_EFFECTS__ */
export function gated(name: string, gate: Gate, rate: Rate): Op {
  const slope = <T extends Real<T>>(x: T, f: Functions<T>): T => {
    const share = gate(x, f)
    return share.add(x.mul(rate(x, share, f)))
  }
  const near = (x: Scalar): Scalar => x.min(FAR).max(-FAR)
  const slopeOp: Op = defineOp({
    name: `${name}Slope`,
    promotion: 'float',
    expr: ([x]) => slope(near(x), ofScalars),
    decompose: ([x]) => slope<Tensor>(maximum(minimum(x, FAR), -FAR), ofTensors),
  })
  return defineOp({
    name,
    promotion: 'float',
    expr: ([x]) => {
      const share = gate(near(x), ofScalars)
      return share.eq(0).select(0, x.mul(share))
    },
    vjp: ({ inputs: [x], cotangents: [g] }) => [mul(g, apply(slopeOp, [x]))],
  })
}
