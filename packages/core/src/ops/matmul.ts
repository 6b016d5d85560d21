import { ShapeError } from '../errors.ts'
import { defineOp, type Op } from '../graph/op.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { checkNumbers, promote } from '../dtype.ts'
import { broadcastShapes, range, show, sizeOf } from '../shape.ts'
import { cast } from './cast.ts'
import { reshape } from './reshape.ts'
import { expandDims, squeeze, sumTo, transpose } from './view.ts'

const matmulOp: Op = defineOp({
  name: 'matmul',
  form: { kind: 'contract' },
  infer: ([a, b]) => {
    const k = a.shape.at(-1)!
    const k2 = b.shape.at(-2)!
    if (k !== k2 && k !== -1 && k2 !== -1)
      throw new ShapeError(
        `matmul: contracting sizes differ for ${show(a.shape, b.shape)}: ${k} and ${k2}; transpose one of them`,
      )
    checkNumbers('matmul', a.dtype)
    return {
      shape: [
        ...broadcastShapes('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2)),
        a.shape.at(-2)!,
        b.shape.at(-1)!,
      ],
      dtype: a.dtype,
    }
  },
  vjp: ({ inputs: [a, b], cotangents: [g] }) => [
    sumTo(matmul(g, swapLast(b)), a.shape),
    // Against one matrix, batches are rows: one product over all of them.
    b.rank === 2 ? matmul(swapLast(rows(a)), rows(g)) : sumTo(matmul(swapLast(a), g), b.shape),
  ],
})

const rows = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!])

const swapLast = (x: Tensor): Tensor => transpose(x, [...range(x.rank - 2), x.rank - 1, x.rank - 2])

/** Matrix product `[..., m, k] x [..., k, n] -> [..., m, n]`; leading axes broadcast, vectors are rows on the left and
 * columns on the right, and leave no axis. An empty k gives zeros.
 * @throws ShapeError where contracting sizes differ or an operand is a scalar */
export function matmul(a: TensorLike, b: TensorLike): Tensor {
  let ta = asTensor(a)
  let tb = asTensor(b)
  if (!ta.rank || !tb.rank)
    throw new ShapeError(`matmul: at least one axis each required, got ${show(ta.shape, tb.shape)}; use mul`)
  const dtype = promote(ta.dtype, tb.dtype)
  const row = ta.rank === 1
  const column = tb.rank === 1
  ta = cast(row ? expandDims(ta, 0) : ta, dtype)
  tb = cast(column ? expandDims(tb, 1) : tb, dtype)
  const y = apply(matmulOp, [ta, tb])
  return squeeze(y, [...(row ? [y.rank - 2] : []), ...(column ? [y.rank - 1] : [])])
}
