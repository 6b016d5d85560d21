import { checkDType, isFloat, type DType } from '../dtype.ts'
import { defineOp, type Op } from '../op.ts'
import { apply, asTensor, type Tensor, type TensorLike } from '../tensor.ts'

const castOp: Op<{ dtype: DType }> = defineOp<{ dtype: DType }>({
  name: 'cast',
  promotion: 'none',
  expr: ([x], { dtype }) => x.cast(dtype),
  vjp: ({ inputs: [x], cotangents: [g] }) => [isFloat(x.dtype) ? cast(g, x.dtype) : null],
})

/** x as `dtype`. Floats truncate toward zero as integers; anything but 0 is true. Gradients pass between floats only. */
export function cast(x: TensorLike, dtype: DType): Tensor {
  checkDType('cast', dtype)
  const t = asTensor(x)
  return t.dtype === dtype ? t : apply(castOp, [t], { dtype })
}
