// An op that is a formula for one element. This file is all of it: nothing in core, in a backend or in another op knows
// it.
import { apply, defineOp, div, mul, square, sub, type Op, type Tensor, type TensorLike } from '@gradloom/core'

export const softcapOp: Op = defineOp({
  // Names are global, so a package puts its own before a slash.
  name: 'acme/softcap',

  // What one element is, as a formula of the inputs' elements: x -> cap tanh(x / cap). Every backend compiles formulas,
  // and fuses them with what stands around them. There is no shape code: inputs broadcast and meet in one dtype, as
  // NumPy's do.
  expr: ([x, cap]) => x.div(cap).tanh().mul(cap),
  // Integers come as floats.
  promotion: 'float',

  // The gradient: given that of the result (the cotangent g), a tensor for each input, written with the ops that users
  // call.
  // So it runs wherever they run, and it has a gradient itself: second derivatives come for free.
  //   d/dx = 1 - (y / cap)^2,   d/dcap = y / cap - (x / cap) (1 - (y / cap)^2)
  // An input that was broadcast gets the sum over its copies: core does that for formulas.
  vjp: ({ inputs: [x, cap], outputs: [y], cotangents: [g] }) => {
    const share = div(y, cap)
    const slope = sub(1, square(share))
    return [mul(g, slope), mul(g, sub(share, mul(div(x, cap), slope)))]
  },
})

/** x within (-cap, cap), smoothly: cap tanh(x / cap). Inputs broadcast; NaN where `cap` is 0. */
export const softcap = (x: TensorLike, cap: TensorLike): Tensor => apply(softcapOp, [x, cap])
