import { apply, defineOp, reshape, ShapeError, show, transpose, type Op, type Tensor } from '@gradloom/core'

const axesSwapped = (rank: number): number[] =>
  Array.from({ length: rank }, (_, i) => (i === rank - 3 ? rank - 2 : i === rank - 2 ? rank - 3 : i))

const splitHeadsOp: Op<{ heads: number }> = defineOp<{ heads: number }>({
  name: 'splitHeads',
  infer: ([x], { heads }) => {
    const features = x.shape[x.shape.length - 1]
    if (x.shape.length < 2 || (features !== -1 && features % heads))
      throw new ShapeError(
        `multiHeadAttention: [..., tokens, features] divisible by ${heads} heads required, got ${show(x.shape)}`,
      )
    return {
      shape: [...x.shape.slice(0, -2), heads, x.shape[x.shape.length - 2], features === -1 ? -1 : features / heads],
      dtype: x.dtype,
    }
  },
  decompose: ([x], { heads }) =>
    transpose(reshape(x, [...x.shape.slice(0, -1), heads, x.shape[x.rank - 1] / heads]), axesSwapped(x.rank + 1)),
})
const mergeHeadsOp: Op = defineOp({
  name: 'mergeHeads',
  infer: ([x]) => {
    const [heads, tokens, features] = x.shape.slice(-3)
    return {
      shape: [...x.shape.slice(0, -3), tokens, features === -1 || heads === -1 ? -1 : heads * features],
      dtype: x.dtype,
    }
  },
  decompose: ([x]) => {
    const [heads, tokens, features] = x.shape.slice(-3)
    return reshape(transpose(x, axesSwapped(x.rank)), [...x.shape.slice(0, -3), tokens, heads * features])
  },
})

/** `[..., tokens, heads * d] -> [..., heads, tokens, d]`. @throws ShapeError */
export const splitHeads = (x: Tensor, heads: number): Tensor => apply(splitHeadsOp, [x], { heads })
/** `[..., heads, tokens, d] -> [..., tokens, heads * d]`. */
export const mergeHeads = (x: Tensor): Tensor => apply(mergeHeadsOp, [x])
