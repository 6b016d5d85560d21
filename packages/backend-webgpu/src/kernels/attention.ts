import { sizeOf, type KernelArgument } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import { chunksOf, type Chunk } from './chunks.ts'
import type { Call, KernelContext, NamedKernel } from './context.ts'
import { contractionDispatches } from './contraction.ts'
import { scorePart, type Heads } from './score-part.ts'

interface AttentionAttrs {
  readonly causal: boolean
  readonly scale: number | null
}

function headsOf(
  { attrs, label }: Call<AttentionAttrs>,
  q: KernelArgument,
  k: KernelArgument,
  sums: KernelArgument,
  mask: KernelArgument | undefined,
): Heads {
  const [queries, features] = q.shape.slice(-2)
  const scale = attrs.scale ?? 1 / Math.sqrt(Math.max(1, features))
  return { label, mask, batch: sums.shape.slice(0, -2), queries, keys: k.shape.at(-2)!, scale, causal: attrs.causal }
}

/** Softmax of scores times values: products, and a loop over rows, on a part of the scores at a time. */
export const attention: NamedKernel<AttentionAttrs> = (call, context) => {
  const [q, k, v, mask] = call.inputs
  const [y, sums] = call.outputs
  const heads = headsOf(call, q, k, sums, mask)
  const chunks = chunksOf(heads.batch, heads.queries, heads.keys, context.limits)
  const scores = context.scratch(scoreBytes(chunks, heads.keys))
  return chunks.flatMap((chunk) => {
    const part = scorePart(heads, chunk, context)
    return [
      ...part.scores(scores, q, k, (f, dot) => part.causal(f, part.score(f, dot), -Infinity)),
      ...part.softmax(scores, sums),
      ...part.values(scores, v, y),
    ]
  })
}

/**
 * The cotangents of q, k and v, with probabilities computed again: p = e^(score - largest - logarithm), d = p (g v^T -
 * shift) times the scale; dq = d k, dk = d^T q, dv = p^T g. What several batches share is added up in their order.
 */
export const attentionGradient: NamedKernel<AttentionAttrs> = (call, context) => {
  const [q, k, v, sums, g, shift, mask] = call.inputs
  const [dq, dk, dv] = call.outputs
  const heads = headsOf(call, q, k, sums, mask)
  const chunks = chunksOf(heads.batch, heads.queries, heads.keys, context.limits)
  if (chunks.length === 0) return call.outputs.flatMap((out) => zeros(out, call, context))
  const bytes = scoreBytes(chunks, heads.keys)
  const p = context.scratch(bytes)
  const d = context.scratch(bytes)
  return chunks.flatMap((chunk) => {
    const part = scorePart(heads, chunk, context)
    return [
      ...part.scores(p, q, k, (f, dot) => {
        const distance = f.of('sub', part.score(f, dot), f.read(part.perQuery(sums, 0)))
        const exponent = f.of('sub', distance, f.read(part.perQuery(sums, 1)))
        return part.causal(f, f.of('exp', exponent), 0)
      }),
      ...part.scores(d, g, v, (f, dot) => {
        const slope = f.of('mul', f.of('sub', dot, f.read(part.perQuery(shift, 0))), f.constant(heads.scale))
        return f.of('mul', f.read(part.access(p)), slope)
      }),
      ...part.cotangent(dq, d, k, 'queries'),
      ...part.cotangent(dk, d, q, 'keys'),
      ...part.cotangent(dv, p, g, 'keys'),
    ]
  })
}

const scoreBytes = (chunks: readonly Chunk[], keys: number): number =>
  4 * keys * Math.max(0, ...chunks.map(({ sizes, queries }) => sizeOf(sizes) * queries))

/** A sum of no terms. */
function zeros({ buffer, shape }: KernelArgument, { label }: Call, context: KernelContext): Dispatch[] {
  const none = { buffer, offset: 0, batch: [], row: 0, column: 0 }
  const size = { batch: [], m: sizeOf(shape), n: 1, k: 0 }
  return contractionDispatches({ label, scope: '', dtype: 'float32', ...size, a: none, b: none, out: buffer }, context)
}
