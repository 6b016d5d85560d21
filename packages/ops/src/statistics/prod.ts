import {
  flip,
  mul,
  type Op,
  type ReduceOptions,
  reshape,
  sizeOf,
  type Tensor,
  type TensorLike,
  transpose,
  zerosLike,
} from '@gradloom/core'
import { asNumbers, type AxesAttrs, range, reduceBy, reduction, spread } from '@gradloom/core/extend'
import { cumprod, delayed } from './cumulative.ts'

/** For each element the product of all others over `axes`: those before it times those after it, as y / x fails at
 * zeros. */
function others(x: Tensor, axes: readonly number[]): Tensor {
  const kept = range(x.rank).filter((i) => !axes.includes(i))
  const order = [...kept, ...axes]
  const shape = order.map((i) => x.shape[i])
  const flat = reshape(transpose(x, order), [...shape.slice(0, kept.length), sizeOf(shape.slice(kept.length))])
  const before = (t: Tensor): Tensor => cumprod(delayed(t, kept.length, 1, 1))
  const both = mul(before(flat), flip(before(flip(flat, -1)), -1))
  return transpose(
    reshape(both, shape),
    order.map((_, i) => order.indexOf(i)),
  )
}

const prodOp: Op<AxesAttrs> = reduction('prod', {
  vjp: ({ inputs: [x], cotangents: [g], attrs: { axes } }) => [
    sizeOf(x.shape) ? mul(spread(g, x, axes), others(x, axes)) : zerosLike(x),
  ],
})

/** Product of elements; 1 over an empty axis. Bools multiply as int32. Gradients of any order are right at zeros. */
export const prod = (x: TensorLike, options?: ReduceOptions): Tensor => reduceBy(prodOp, asNumbers(x), options)
