import { apply, defineOp, greater, mul, where, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { settings } from '../settings.ts'

const leakyReluOp: Op<{ slope: number }> = defineOp<{ slope: number }>({
  name: 'leakyRelu',
  promotion: 'float',
  expr: ([x], { slope }) => x.le(0).select(x.mul(slope), x),
  vjp: ({ inputs: [x], cotangents: [g], attrs: { slope } }) => [where(greater(x, 0), g, mul(g, slope))],
})

/** x above 0, `slope` x elsewhere. The gradient at 0 and NaN is `slope`; NaN stays NaN. */
export const leakyRelu = (x: TensorLike, options?: { slope?: number }): Tensor =>
  apply(leakyReluOp, [x], settings('leakyRelu', options, { slope: 0.01 }))
