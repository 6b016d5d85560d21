import { defineOp, type Op } from '../graph/op.ts'
import { alike, apply } from '../graph/apply.ts'
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

/** a where `condition` is true, else b, in the dtype that a + b has; all three broadcast. Gradients go to the chosen
 * side only; the other gets exact zeros, which an infinite or NaN derivative behind it turns into NaN, as in JAX. So
 * choose its argument too.
 * @example const y = where(greater(x, 0), sqrt(where(greater(x, 0), x, 1)), 1) // gradient 0 at 0 */
export function where(condition: TensorLike, a: TensorLike, b: TensorLike): Tensor {
  return apply(whereOp, [cast(condition, 'bool'), ...alike([a, b])])
}
