import { apply, defineOp, lessEqual, where, type Op, type Tensor, type TensorLike } from '@gradloom/core'

const reluOp: Op = defineOp({
  name: 'relu',
  expr: ([x]) => x.le(0).select(0, x),
  // Through the output, so that the input need not be kept.
  vjp: ({ outputs: [y], cotangents: [g] }) => [where(lessEqual(y, 0), 0, g)],
})

/** max(x, 0), elementwise. The gradient at 0 is 0; NaN stays NaN.
 * @example relu([-1, 2]) // [0, 2] */
export const relu = (x: TensorLike): Tensor => apply(reluOp, [x])
