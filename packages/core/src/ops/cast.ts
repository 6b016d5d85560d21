import { checkDType, isFloat, isLiteral, literalDType, toFloat, type DType } from '../dtype.ts'
import { defineOp, type Op } from '../graph/op.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'

const castOp: Op<{ dtype: DType }> = defineOp<{ dtype: DType }>({
  name: 'cast',
  promotion: 'none',
  expr: ([x], { dtype }) => x.cast(dtype),
  vjp: ({ inputs: [x], cotangents: [g] }) => [isFloat(x.dtype) ? cast(g, x.dtype) : null],
})

/** x as `dtype`. Floats become the nearest one, ties the even one; as float16, infinity from 65520 on. Floats as
 * integers truncate toward zero; what the integer cannot hold gives the end of its range that is nearer (infinities
 * too; negative numbers 0 as uint32), NaN gives 0. Integers as integers keep their bits: -1 is 2^32 - 1 as uint32.
 * As bool, anything but 0 is true, NaN too. A number is first what it is beside a tensor of `dtype`, with its digits.
 * Gradients pass between floats only. */
export function cast(x: TensorLike, dtype: DType): Tensor {
  checkDType('cast', dtype)
  const t = asTensor(x, isLiteral(x) ? literalDType(x, dtype) : undefined)
  return t.dtype === dtype ? t : apply(castOp, [t], { dtype })
}

/** x, as int32 if it is bool. */
export function asNumbers(x: TensorLike): Tensor {
  const t = asTensor(x)
  return t.dtype === 'bool' ? cast(t, 'int32') : t
}
/** x, as float32 if it is no float. */
export function asFloats(x: TensorLike): Tensor {
  const t = asTensor(x)
  return cast(t, toFloat(t.dtype))
}
