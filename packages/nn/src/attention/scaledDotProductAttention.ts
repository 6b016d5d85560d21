import {
  add,
  apply,
  applyAll,
  asTensor,
  broadcastShapes,
  broadcastTo,
  cast,
  concat,
  defineOp,
  div,
  exp,
  greaterEqual,
  log,
  matmul,
  max,
  type Meta,
  mul,
  type Op,
  ShapeError,
  show,
  sizeOf,
  split,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  transpose,
  where,
} from '@gradloom/core'
import { agree, sumTo } from '@gradloom/core/extend'
import { arange } from '@gradloom/ops'
import { asFloats } from '../asFloats.ts'
import { settings } from '../settings.ts'

interface Attrs {
  readonly causal: boolean
  readonly scale: number | null
}

const swap = (t: Tensor): Tensor =>
  transpose(
    t,
    t.shape.map((_, i) => (i < t.rank - 2 ? i : 2 * t.rank - 3 - i)),
  )
const scaleOf = (q: Tensor, { scale }: Attrs): number => scale ?? 1 / Math.sqrt(Math.max(1, q.shape[q.rank - 1]))

/** a b^T * scale, masked; with `transposed` the keys are a and the mask is turned. */
function scores(
  a: Tensor,
  b: Tensor,
  mask: Tensor | undefined,
  scale: number,
  causal: boolean,
  transposed: boolean,
): Tensor {
  let s = mul(matmul(a, swap(b)), scale)
  if (causal) {
    const rows = arange(s.shape[s.rank - 2]).expandDims(1)
    const columns = arange(s.shape[s.rank - 1])
    s = where(transposed ? greaterEqual(columns, rows) : greaterEqual(rows, columns), s, -Infinity)
  }
  return mask ? add(s, transposed ? swap(mask) : mask) : s
}

/** Operations of products of [queries, keys] numbers with as many features as q, and as v, has. */
function productsOf([q, k, v]: readonly Meta[], ofQ: number, ofV: number): number {
  const [features, values] = [q, v].map((m) => m.shape.at(-1)!)
  const lead = broadcastShapes('attention', ...[q, k, v].map((m) => m.shape.slice(0, -2)))
  return 2 * sizeOf(lead) * q.shape.at(-2)! * k.shape.at(-2)! * (ofQ * features + ofV * values)
}

/**
 * Inputs q, k, v and perhaps numbers to add to the scores. Results: the attention, and `[..., n, 2]`, each query's
 * largest score, a constant to gradients, and the logarithm of its sum of e^(score - largest). From these the backward
 * pass computes probabilities again: no [queries, keys] array is kept for it. Added up, the two would round where
 * scores are far from 0, as those of a query that numbers mask altogether.
 */
export const attentionOp: Op<Attrs> = defineOp<Attrs>({
  name: 'attention',
  flops: (inputs) => productsOf(inputs, 1, 1),
  infer: ([q, k, v, mask]) => {
    const shapes = show(q.shape, k.shape, v.shape)
    const at = (m: Meta, i: number): number => m.shape[m.shape.length + i]
    if (
      [q, k, v].some((m) => m.shape.length < 2) ||
      !agree([at(q, -1), at(k, -2)], [at(k, -1), at(v, -2)]) ||
      at(k, -2) === 0
    )
      throw new ShapeError(
        `scaledDotProductAttention: q [..., n, d], k [..., m, d] and v [..., m, e], m above 0, required, got ${shapes}`,
      )
    const lead = [q, k, v].map((m) => m.shape.slice(0, -2))
    const batch = broadcastShapes('scaledDotProductAttention', ...lead)
    const whole = [...batch, at(q, -2), at(k, -2)]
    if (
      mask &&
      (mask.shape.length < 2 || !agree(broadcastShapes('scaledDotProductAttention', mask.shape, whole), whole))
    )
      throw new ShapeError(
        `scaledDotProductAttention: a mask that broadcasts to ${show(whole)} required, got ${show(mask.shape)}`,
      )
    return [
      { shape: [...batch, at(q, -2), at(v, -1)], dtype: q.dtype },
      { shape: [...batch, at(q, -2), 2], dtype: q.dtype },
    ]
  },
  decompose: ([q, k, v, mask], attrs) => {
    const s = scores(q, k, mask, scaleOf(q, attrs), attrs.causal, false)
    const top = max(s, { axis: -1, keepDims: true })
    const e = exp(sub(s, top))
    const total = sum(e, { axis: -1, keepDims: true })
    const y = matmul(div(e, total), v)
    return [y, broadcastTo(concat([top, log(total)], -1), [...y.shape.slice(0, -1), 2])]
  },
  vjp: ({ inputs: [q, k, v, mask], outputs: [y, sums], cotangents: [g, h], attrs }) => {
    const shift = sub(sum(mul(g, y), { axis: -1, keepDims: true }), split(h, 2, -1)[1])
    const inputs = [q, k, v, sums, g, shift, ...(mask ? [mask] : [])]
    return [
      ...applyAll(attentionGradientOp, inputs, attrs),
      ...(mask ? [apply(attentionMaskGradientOp, inputs, attrs)] : []),
    ]
  },
})

/** The probabilities p = e^(score - largest - logarithm) and the cotangents of the scores, p (g v^T - shift), of keys
 * by queries: on transposed scores, so that p is not the forward pass's own array. */
function scoreGradient(
  [q, k, v, sums, g, shift, mask]: readonly Tensor[],
  attrs: Attrs,
): readonly [p: Tensor, d: Tensor] {
  const [top, log] = split(swap(sums), 2, -2)
  const p = exp(sub(sub(scores(k, q, mask, scaleOf(q, attrs), attrs.causal, true), stopGradient(top)), log))
  // The cotangent comes first, so that p is computed when it is there, and not while the forward pass goes on.
  return [p, mul(sub(matmul(v, swap(g)), swap(shift)), p)]
}

/** Inputs q, k, v, the sums, the cotangent g of the attention, sum(g y) less the logarithm's one, perhaps the mask.
 * With p and the cotangents d of the scores: dv = p^T g, dq = d k, dk = d^T q, the last two times the scale. */
export const attentionGradientOp: Op<Attrs> = defineOp<Attrs>({
  name: 'attentionGradient',
  // Scores again, and four gradients.
  flops: (inputs) => productsOf(inputs, 3, 2),
  infer: (inputs) => inputs.slice(0, 3),
  decompose: (inputs, attrs) => {
    const [q, k, v, , g] = inputs
    const scale = scaleOf(q, attrs)
    const [p, d] = scoreGradient(inputs, attrs)
    return [
      sumTo(mul(matmul(swap(d), k), scale), q.shape),
      sumTo(mul(matmul(d, q), scale), k.shape),
      sumTo(matmul(p, g), v.shape),
    ]
  },
})

/** The cotangents of the scores, as the mask has them; inputs as above. An op of its own: only an additive mask that
 * learns needs it. */
const attentionMaskGradientOp: Op<Attrs> = defineOp<Attrs>({
  name: 'attentionMaskGradient',
  infer: ({ 6: mask }) => mask,
  decompose: (inputs, attrs) => sumTo(swap(scoreGradient(inputs, attrs)[1]), inputs[6].shape),
})

export interface AttentionOptions {
  /** Broadcasts to [..., queries, keys]: bool, true where a query may look; or numbers, added to the scores. */
  readonly mask?: TensorLike
  /** Query i looks at keys 0 to i. */
  readonly causal?: boolean
  /** 1 / sqrt(features) where absent. */
  readonly scale?: number
}
export const attentionDefaults: { mask: undefined; causal: boolean; scale: null } = {
  mask: undefined,
  causal: false,
  scale: null,
}

/** softmax(q k^T * scale) v: q `[..., n, d]`, k `[..., m, d]`, v `[..., m, e]` -> `[..., n, e]`; leading axes
 * broadcast.
 * A query that may look nowhere gets NaN, and makes the gradients of all keys and values NaN: let it look at itself.
 * The backward pass computes the scores again. @throws ShapeError
 * @see https://arxiv.org/abs/1706.03762, https://arxiv.org/abs/2205.14135 */
export function scaledDotProductAttention(
  q: TensorLike,
  k: TensorLike,
  v: TensorLike,
  options?: AttentionOptions,
): Tensor {
  const { mask, causal, scale } = settings('scaledDotProductAttention', options, attentionDefaults, {
    scale: 'a number in [-Infinity, Infinity]',
  })
  const inputs = asFloats(q, k, v)
  const m = mask === undefined ? [] : [asTensor(mask)]
  const added = m.map((t) => cast(t.dtype === 'bool' ? where(t, 0, -Infinity) : t, inputs[0].dtype))
  return applyAll(attentionOp, [...inputs, ...added], { causal, scale })[0]
}
