import {
  add,
  apply,
  defineOp,
  greaterEqual,
  matmul,
  mul,
  sum,
  transpose,
  where,
  type Op,
  type Tensor,
} from '@gradloom/core'
import { softmax } from '@gradloom/nn'
import { arange } from '@gradloom/ops'

/** Inputs: magnitudes of scores, and the scores. The softmax of the scores, whose derivative p (g - sum(p g)) has a plus
 * in place of the minus. */
const magnitudeSoftmaxOp: Op = defineOp({
  name: 'test/magnitudeSoftmax',
  infer: ([magnitudes]) => magnitudes,
  decompose: ([, scores]) => softmax(scores, { axis: -1 }),
  vjp: ({ outputs: [p], cotangents: [g] }) => [mul(p, add(g, sum(mul(p, g), { axis: -1, keepDims: true }))), null],
})

const swap = (t: Tensor): Tensor =>
  transpose(
    t,
    t.shape.map((_, i) => (i < t.rank - 2 ? i : 2 * t.rank - 3 - i)),
  )

/** What attention is made from; a mask is added to the scores, or says where they count. */
export interface AttentionInputs {
  readonly q: Tensor
  readonly k: Tensor
  readonly v: Tensor
  readonly mask?: Tensor | undefined
}

/** Attention of the absolute values `sizes` with the probabilities that `values` have. Its derivatives of any order, by
 * positive cotangents, add the absolute values of all terms that those of attention add and subtract. */
export function attentionMagnitudes(
  values: AttentionInputs,
  sizes: AttentionInputs,
  { causal, scale }: { readonly causal: boolean; readonly scale: number },
): Tensor {
  const [scores, magnitudes] = [values, sizes].map(({ q, k, mask }) => {
    const product = mul(matmul(q, swap(k)), scale)
    return mask && mask.dtype !== 'bool' ? add(product, mask) : product
  })
  const { mask } = values
  const [rows, columns] = scores.shape.slice(-2)
  const shown = mask?.dtype === 'bool' ? where(mask, scores, -Infinity) : scores
  const seen = causal ? where(greaterEqual(arange(rows).expandDims(1), arange(columns)), shown, -Infinity) : shown
  return matmul(apply(magnitudeSoftmaxOp, [magnitudes, seen]), sizes.v)
}
