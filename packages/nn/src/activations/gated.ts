import { add, clip, defineOp, maximum, mul, type Op, type Tensor } from '@gradloom/core'

/** Here every gate has been 0 or 1 for long, and its rate 0, in float64 too: e^-745 is 0 there. Powers of it are finite
 * in float32. */
const FAR = 1000

/** x within +-FAR. */
export const near = (x: Tensor): Tensor => clip(x, { min: -FAR, max: FAR })

/**
 * x gate(x), with the slope gate(x) + x rate(x): both passes share the gate, which is computed again where keeping it
 * costs more. It goes from 0 at -infinity to 1 at infinity, `rate` is its derivative. What is multiplied with their
 * zeros is kept within +-FAR, so that nothing meets 0 * infinity: far out values and derivatives are those of the
 * limits, 0 and x.
 */
/* @__NO_SIDE_EFFECTS__ */
export function gated(name: string, gate: (x: Tensor) => Tensor, rate: (x: Tensor, gate: Tensor) => Tensor): Op {
  return defineOp({
    name,
    promotion: 'float',
    infer: ([x]) => x,
    decompose: ([x]) => mul(maximum(x, -FAR), gate(x)),
    vjp: ({ inputs: [x], cotangents: [g] }) => {
      const share = gate(x)
      return [mul(g, add(share, mul(near(x), rate(x, share))))]
    },
  })
}
