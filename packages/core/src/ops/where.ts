import { promote } from '../dtype.ts'
import { defineOp, type Op } from '../graph/op.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { cast } from './cast.ts'
import { zerosLike } from './full.ts'

const whereOp: Op = defineOp({
  name: 'where',
  promotion: 'none',
  expr: ([condition, a, b]) => condition.select(a, b),
  vjp: ({ inputs: [condition], cotangents: [g] }) => [
    null,
    where(condition, g, zerosLike(g)),
    where(condition, zerosLike(g), g),
  ],
})

/** a where `condition` is true, else b; all three broadcast. Gradients go to the chosen side only; the other gets exact
 * zeros. */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  const number = (x: TensorLike): x is number => typeof x === 'number'
  const ta = asTensor(a, number(a) && !number(b) ? asTensor(b).dtype : undefined)
  const tb = asTensor(b, number(b) ? ta.dtype : undefined)
  const dtype = promote(ta.dtype, tb.dtype)
  return apply(whereOp, [cast(condition, 'bool'), cast(ta, dtype), cast(tb, dtype)])
}
