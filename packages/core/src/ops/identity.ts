import { constant, defineOp, type Op } from '../graph/op.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'

const identityOp: Op = defineOp({
  name: 'identity',
  promotion: 'none',
  expr: ([x]) => x,
  vjp: ({ cotangents: [g] }) => [g],
  simplify: ([x]) => x,
})
const stopGradientOp: Op = defineOp({
  name: 'stopGradient',
  promotion: 'none',
  expr: ([x]) => x,
  vjp: constant,
  simplify: ([x]) => x,
})

/** The same value, as a node of its own. */
export const identity = (x: TensorLike): Tensor => apply(identityOp, [x])
/** x as a constant to gradients. */
export const stopGradient = (x: TensorLike): Tensor => apply(stopGradientOp, [asTensor(x)])
