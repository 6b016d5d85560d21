import {
  add, applyAll, arange, asTensor, broadcastShapes, cast, defineOp, div, exp, expandDims, greaterEqual, isFloat, log, matmul, max, mul, promote, ShapeError, show, squeeze,
  sub, sum, toFloat, transpose, where, type Meta, type Op, type Tensor, type TensorLike,
} from '@gradloom/core'
import { sumTo } from './sumTo.ts'

interface Attrs { readonly causal: boolean; readonly scale: number | null }

const swap = (t: Tensor): Tensor => transpose(t, t.shape.map((_, i) => (i < t.rank - 2 ? i : 2 * t.rank - 3 - i)))
const scaleOf = (q: Tensor, { scale }: Attrs): number => scale ?? 1 / Math.sqrt(q.shape[q.rank - 1])

/** a b^T * scale, masked; with `transposed` the keys are a and the mask is turned. */
function scores(a: Tensor, b: Tensor, mask: Tensor | undefined, scale: number, causal: boolean, transposed: boolean): Tensor {
  let s = mul(matmul(a, swap(b)), scale)
  if (causal) {
    const rows = arange(s.shape[s.rank - 2]).expandDims(1), columns = arange(s.shape[s.rank - 1])
    s = where(transposed ? greaterEqual(columns, rows) : greaterEqual(rows, columns), s, -Infinity)
  }
  if (!mask) return s
  const m = transposed ? swap(mask) : mask
  return m.dtype === 'bool' ? where(m, s, -Infinity) : add(s, m)
}

/**
 * Inputs q, k, v and perhaps a mask. Results: the attention, and the logarithm of each query's sum of e^score, from which the
 * backward pass computes probabilities again: no [queries, keys] array is kept for it.
 */
export const attentionOp: Op<Attrs> = defineOp<Attrs>({
  name: 'attention',
  infer: ([q, k, v, mask]) => {
    const shapes = show(q.shape, k.shape, v.shape), at = (m: Meta, i: number): number => m.shape[m.shape.length + i]
    if ([q, k, v].some((m) => m.shape.length < 2)) throw new ShapeError(`attention: [..., tokens, features] required, got ${shapes}`)
    const differ = (a: number, b: number): boolean => a !== b && a !== -1 && b !== -1
    if (differ(at(q, -1), at(k, -1)) || differ(at(k, -2), at(v, -2))) throw new ShapeError(`attention: as many features in q and k, and tokens in k and v, required, got ${shapes}`)
    const batch = broadcastShapes('attention', q.shape.slice(0, -2), k.shape.slice(0, -2), v.shape.slice(0, -2))
    if (mask) {
      if (mask.shape.length < 2) throw new ShapeError(`attention: a mask [..., queries, keys] required, got ${show(mask.shape)}`)
      const whole = [...batch, at(q, -2), at(k, -2)]
      if (broadcastShapes('attention', mask.shape, whole).length !== whole.length) throw new ShapeError(`attention: a mask that broadcasts to ${show(whole)} required, got ${show(mask.shape)}`)
    }
    return [{ shape: [...batch, at(q, -2), at(v, -1)], dtype: q.dtype }, { shape: [...batch, at(q, -2)], dtype: q.dtype }]
  },
  decompose: ([q, k, v, mask], attrs) => {
    const s = scores(q, k, mask, scaleOf(q, attrs), attrs.causal, false), top = max(s, { axis: -1, keepDims: true })
    const e = exp(sub(s, top)), total = sum(e, { axis: -1, keepDims: true })
    return [matmul(div(e, total), v), squeeze(add(top, log(total)), -1)]
  },
  vjp: ({ inputs: [q, k, v, mask], outputs, cotangents, attrs }) => {
    const gradients = applyAll(attentionGradientOp, [q, k, v, ...outputs, ...cotangents, ...(mask ? [mask] : [])], attrs)
    return mask && !isFloat(mask.dtype) ? [...gradients, null] : gradients
  },
})

/**
 * With p = e^(score - logSum): dv = p^T g, dscore = p (g v^T - sum(g y) + h) for the cotangent h of logSum, dq = dscore k,
 * dk = dscore^T q, both times the scale. All of it on transposed scores, so that p is not the forward pass's own array.
 */
export const attentionGradientOp: Op<Attrs> = defineOp<Attrs>({
  name: 'attentionGradient',
  infer: ([q, k, v, , , , , mask]) => [q, k, v, ...(mask && isFloat(mask.dtype) ? [mask] : [])].map(({ shape, dtype }) => ({ shape, dtype })),
  decompose: ([q, k, v, y, logSum, g, h, mask], attrs) => {
    const scale = scaleOf(q, attrs)
    const p = exp(sub(scores(k, q, mask, scale, attrs.causal, true), expandDims(logSum, -2)))
    const shift = expandDims(sub(sum(mul(g, y), { axis: -1 }), h), -2)
    // The cotangent comes first, so that p is computed when it is there, and not while the forward pass goes on.
    const d = mul(sub(matmul(v, swap(g)), shift), p)
    const gradients = [
      sumTo(mul(matmul(swap(d), k), scale), q.shape),
      sumTo(mul(matmul(d, q), scale), k.shape),
      sumTo(matmul(p, g), v.shape),
    ]
    return mask && isFloat(mask.dtype) ? [...gradients, sumTo(swap(d), mask.shape)] : gradients
  },
})

export interface AttentionOptions {
  /** Broadcasts to [..., queries, keys]: bool, true where a query may look; or numbers, added to the scores. */
  readonly mask?: TensorLike
  /** Query i looks at keys 0 to i. */
  readonly causal?: boolean
  /** 1 / sqrt(features) where absent. */
  readonly scale?: number
}

/** softmax(q k^T * scale) v: q `[..., n, d]`, k `[..., m, d]`, v `[..., m, e]` -> `[..., n, e]`; leading axes broadcast.
 * A query that may look nowhere gets NaN. The backward pass computes the scores again. @throws ShapeError
 * @see https://arxiv.org/abs/1706.03762, https://arxiv.org/abs/2205.14135 */
export function scaledDotProductAttention(q: TensorLike, k: TensorLike, v: TensorLike, { mask, causal = false, scale }: AttentionOptions = {}): Tensor {
  const inputs = [q, k, v].map((x) => asTensor(x)), dtype = toFloat(inputs.map((t) => t.dtype).reduce(promote))
  const m = mask === undefined ? [] : [asTensor(mask)]
  return applyAll(attentionOp, [...inputs.map((t) => cast(t, dtype)), ...m.map((t) => (t.dtype === 'bool' ? t : cast(t, dtype)))], { causal, scale: scale ?? null })[0]
}
