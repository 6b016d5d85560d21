import { add, apply, asTensor, defineOp, div, less, lessEqual, mul, where, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { relu6 } from './hardTanh.ts'

/** min(max(x + 3, 0), 6) / 6, elementwise. The gradient at -3 and 3 is 0. */
export const hardSigmoid = (x: TensorLike): Tensor => div(relu6(add(x, 3)), 6)

const hardSwishOp: Op = defineOp({
  name: 'hardSwish',
  promotion: 'float',
  expr: ([x]) => x.mul(x.add(3).max(0).min(6)).div(6),
  vjp: ({ inputs: [x], cotangents: [g] }) => [where(less(x, -3), 0, where(lessEqual(x, 3), mul(g, add(div(x, 3), 0.5)), g))],
})

/** x hardSigmoid(x), elementwise. The gradient at -3 is -1/2, at 3 it is 3/2. @see https://arxiv.org/abs/1905.02244 */
export const hardSwish = (x: TensorLike): Tensor => apply(hardSwishOp, [asTensor(x)])
