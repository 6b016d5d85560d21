import {
  abs,
  add,
  apply,
  broadcastShapes,
  broadcastTo,
  cast,
  clip,
  defineOp,
  div,
  less,
  max,
  maximum,
  mul,
  normalizeAxis,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  where,
  zeros,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { upcast } from '@gradloom/core/extend'
import { asFloats } from '../asFloats.ts'
import { settings } from '../settings.ts'

interface Attrs {
  readonly axis: number
  readonly eps: number
}

const cosineSimilarityOp: Op<Attrs> = defineOp<Attrs>({
  name: 'cosineSimilarity',
  infer: ([a, b], { axis }) => {
    const shape = broadcastShapes('cosineSimilarity', a.shape, b.shape)
    return { shape: shape.filter((_, i) => i !== axis), dtype: a.dtype }
  },
  decompose: (inputs, { axis, eps }) => {
    const shape = broadcastShapes('cosineSimilarity', ...inputs.map((t) => t.shape))
    if (!shape[axis])
      return zeros(
        shape.filter((_, i) => i !== axis),
        inputs[0],
      )
    // Each vector divided by its largest element, or by eps: no square overflows, and a square of the norm below 1 says
    // that the norm is below eps.
    const [u, v] = inputs.map((t) => {
      const x = broadcastTo(t, shape)
      return div(x, stopGradient(maximum(max(abs(x), { axis, keepDims: true }), eps)))
    })
    const squared = (x: Tensor): Tensor => {
      const s = sum(square(x), { axis })
      return where(less(s, 1), 1, s)
    }
    // One root: of equal vectors it is the root of a square, which is exact.
    const cosine = div(sum(mul(u, v), { axis }), sqrt(mul(squared(u), squared(v))))
    // Rounding may leave [-1, 1]; that is taken back without touching derivatives.
    return add(cosine, stopGradient(sub(clip(cosine, { min: -1, max: 1 }), cosine)))
  },
})

/** a . b / (max(|a|, `eps`) max(|b|, `eps`)) along `axis` of what a and b broadcast to, within [-1, 1]; 0, with a
 * finite gradient, for a vector of zeros. Norms neither overflow nor vanish. @throws ShapeError where a and b do not
 * broadcast */
export function cosineSimilarity(
  a: TensorLike,
  b: TensorLike,
  options?: { readonly axis?: number; readonly eps?: number },
): Tensor {
  const { axis = -1, eps } = settings('cosineSimilarity', options, { axis: undefined, eps: 1e-8 })
  const inputs = asFloats(a, b)
  const shape = broadcastShapes('cosineSimilarity', ...inputs.map((t) => t.shape))
  const attrs = { axis: normalizeAxis('cosineSimilarity', axis, shape.length, shape), eps }
  return cast(apply(cosineSimilarityOp, inputs.map(upcast), attrs), inputs[0].dtype)
}
