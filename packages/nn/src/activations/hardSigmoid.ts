import {
  add,
  apply,
  defineOp,
  div,
  less,
  lessEqual,
  mul,
  where,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'

const hardSigmoidOp: Op = defineOp({
  name: 'hardSigmoid',
  promotion: 'float',
  expr: ([x]) => x.add(3).max(0).min(6).div(6),
  // PyTorch's slope is 1/6 in single precision for every dtype; the same constant gives the same float64 gradients.
  vjp: ({ outputs: [y], cotangents: [g] }) => [where(less(0, y), where(less(y, 1), mul(g, Math.fround(1 / 6)), 0), 0)],
})

/** min(max(x + 3, 0), 6) / 6, elementwise. The gradient at -3 and 3 is 0. */
export const hardSigmoid = (x: TensorLike): Tensor => apply(hardSigmoidOp, [x])

const hardSwishOp: Op = defineOp({
  name: 'hardSwish',
  promotion: 'float',
  // Not below -3, where the gate is 0: -infinity times it would be NaN. Divided first: 6 x overflows where x does not.
  expr: ([x]) => x.max(-3).mul(x.add(3).max(0).min(6).div(6)),
  vjp: ({ inputs: [x], cotangents: [g] }) => [
    mul(g, where(less(x, -3), 0, where(lessEqual(x, 3), add(div(x, 3), 0.5), 1))),
  ],
})

/** x hardSigmoid(x), elementwise; 0 at -infinity. The gradient at -3 is -1/2, at 3 it is 3/2.
 * @see https://arxiv.org/abs/1905.02244 */
export const hardSwish = (x: TensorLike): Tensor => apply(hardSwishOp, [x])
