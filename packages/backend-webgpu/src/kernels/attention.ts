import { contiguous, type KernelArgument } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import { float } from '../wgsl/numbers.ts'
import type { Shader } from '../wgsl/shader.ts'
import type { Call, KernelContext, NamedKernel } from './context.ts'
import { forEachIndex } from './simple.ts'
import { loops, named, sum, times } from './text.ts'

interface AttentionAttrs {
  readonly causal: boolean
  readonly scale: number | null
}

/** What the kernels of attention read, in one shader: scores are computed where they are needed, so that there is no
 * array of [queries, keys]. */
interface Reads {
  /** Element of an operand at the batch of the variables `c`, of a row and a column. */
  at(x: KernelArgument, row: string, column: string): string
  /** Statements that give the score of `query` and `key` as `score`. */
  readonly score: string
}

interface Shapes {
  readonly batch: readonly number[]
  readonly queries: number
  readonly keys: number
  readonly features: number
  readonly valueFeatures: number
  readonly scale: number
  readonly causal: boolean
}

function shapesOf(q: KernelArgument, v: KernelArgument, logSum: KernelArgument, attrs: AttentionAttrs): Shapes {
  const [queries, features] = q.shape.slice(-2)
  const [keys, valueFeatures] = v.shape.slice(-2)
  const scale = attrs.scale ?? 1 / Math.sqrt(Math.max(1, features))
  return { batch: logSum.shape.slice(0, -1), queries, keys, features, valueFeatures, scale, causal: attrs.causal }
}

/** The leading axes of an operand, with ones in front to the rank of the batch. */
const leadOf = ({ shape }: KernelArgument, rank: number): number[] => {
  const lead = shape.slice(0, -2)
  return [...Array.from({ length: rank - lead.length }, () => 1), ...lead]
}

function reads(
  shader: Shader,
  context: KernelContext,
  { batch, features, scale }: Shapes,
  [q, k]: readonly KernelArgument[],
  mask: KernelArgument | undefined,
): Reads {
  const c = named('c', batch.length)
  const at = (x: KernelArgument, row: string, column: string): string => {
    const lead = leadOf(x, batch.length)
    const [rows, columns] = x.shape.slice(-2)
    const strides = contiguous([...lead, rows, columns])
    const place = lead.flatMap((n, d) => (n === 1 ? [] : times(c[d], strides[d])))
    const inner = [...(rows === 1 ? [] : times(row, columns)), ...(columns === 1 ? [] : [column])]
    return shader.array(context.place(x.buffer), x.dtype).get(sum([...place, ...inner]))
  }
  const score = `var dot = 0.0;
for (var f = 0; f < ${features}; f++) { dot += ${at(q, 'query', 'f')} * ${at(k, 'key', 'f')}; }
let score = dot * ${float(scale)}${mask ? ` + ${at(mask, 'query', 'key')}` : ''};`
  return { at, score }
}

/** Softmax of scores times values: sums are scaled as a larger score comes, so that scores are seen once.
 * @see T. Dao et al., "FlashAttention", 2022, https://arxiv.org/abs/2205.14135 */
export const attention: NamedKernel<AttentionAttrs> = (call, context) => {
  const { label, inputs, outputs, attrs } = call
  const [q, k, v, mask] = inputs
  const [y, logSum] = outputs
  const shapes = shapesOf(q, v, logSum, attrs)
  const { batch, queries, keys, valueFeatures } = shapes
  const shader = context.shader()
  const { at, score } = reads(shader, context, shapes, [q, k], mask)
  const write = shader.array(context.place(y.buffer), y.dtype)
  const writeSum = shader.array(context.place(logSum.buffer), logSum.dtype)
  const c = named('c', batch.length)
  const row = sum([
    ...contiguous([...batch, queries])
      .slice(0, -1)
      .flatMap((s, d) => times(c[d], s)),
    'query',
  ])
  const size = Math.max(1, valueFeatures)
  const body = `var top = -f_inf();
var total = 0.0;
var y: array<f32, ${size}>;
for (var key = 0; key < ${attrs.causal ? `min(query + 1, ${keys})` : keys}; key++) {
${score}
// A score of -infinity weighs nothing, also where there is no other yet.
if (bitcast<u32>(score) == 0xff800000u) { continue; }
let next = f_max(top, score);
let shrink = f_exp(top - next);
let weight = f_exp(score - next);
total = total * shrink + weight;
for (var e = 0; e < ${valueFeatures}; e++) { y[e] = y[e] * shrink + weight * ${at(v, 'key', 'e')}; }
top = next;
}
let row = ${row};
if (f_isZero(total)) { total = f_nan(); }
${writeSum.set('row', 'top + f_log(total)')}
for (var e = 0; e < ${valueFeatures}; e++) { ${write.set(`row * ${valueFeatures} + e`, 'y[e] / total')} }`
  return forEachIndex(context, shader, label, [...batch, queries], [...c, 'query'], body)
}

/**
 * The cotangents of q, k and v, with probabilities computed again from logSum: p = e^(score - logSum), d = p (g v^T -
 * shift); dq = d k, dk = d^T q, dv = p^T g, the first two times the scale. Each row of a result is added up by one
 * invocation, in the order of the batches that share it, and of queries or keys.
 */
export const attentionGradient: NamedKernel<AttentionAttrs> = (call, context) =>
  call.outputs.flatMap((_, i) => gradientOf(call, i as 0 | 1 | 2, context))

function gradientOf(call: Call<AttentionAttrs>, which: 0 | 1 | 2, context: KernelContext): Dispatch[] {
  const { label, inputs, outputs, attrs } = call
  const [q, k, v, logSum, g, shift, mask] = inputs
  const out = outputs[which]
  const shapes = shapesOf(q, v, logSum, attrs)
  const { batch, queries, keys, valueFeatures, scale } = shapes
  const rank = batch.length
  const shader = context.shader()
  const { at, score } = reads(shader, context, shapes, [q, k], mask)
  const write = shader.array(context.place(out.buffer), out.dtype)
  const perRow = (x: KernelArgument): string => {
    const strides = contiguous([...batch, queries])
    const place = sum([...strides.slice(0, -1).flatMap((s, d) => times(c[d], s)), 'query'])
    return shader.array(context.place(x.buffer), x.dtype).get(place)
  }
  const c = named('c', rank)
  const lead = leadOf(out, rank)
  const columns = out.shape[out.shape.length - 1]
  const rows = which === 0 ? queries : keys
  const own = which === 0 ? 'query' : 'key'
  const other = which === 0 ? 'key' : 'query'
  const [from, to] =
    which === 0
      ? ['0', attrs.causal ? `min(query + 1, ${keys})` : `${keys}`]
      : [attrs.causal ? 'key' : '0', `${queries}`]
  const factor = which === 2 ? 'p' : `p * (cotangent - ${perRow(shift)}) * ${float(scale)}`
  const cotangent =
    which === 2
      ? ''
      : `var cotangent = 0.0;
for (var e = 0; e < ${valueFeatures}; e++) { cotangent += ${at(g, 'query', 'e')} * ${at(v, 'key', 'e')}; }`
  const term = at([k, q, g][which], other, 'f')
  const each = `for (var ${other} = ${from}; ${other} < ${to}; ${other}++) {
${score}
let p = f_exp(score - ${perRow(logSum)});
${cotangent}
let factor = ${factor};
for (var f = 0; f < ${columns}; f++) { sums[f] += factor * ${term}; }
}`
  const shared = batch.flatMap((n, d) => (lead[d] === 1 && n > 1 ? [d] : []))
  const alone = c.filter((_, d) => !shared.includes(d))
  const place = sum([
    ...contiguous([...lead, rows])
      .slice(0, -1)
      .flatMap((s, d) => (lead[d] === 1 ? [] : times(c[d], s))),
    own,
  ])
  const body = `var sums: array<f32, ${Math.max(1, columns)}>;
${loops(
  shared.map((d) => batch[d]),
  shared.map((d) => c[d]),
  each,
)}
let row = ${place};
for (var f = 0; f < ${columns}; f++) { ${write.set(`row * ${columns} + f`, 'sums[f]')} }`
  const sizes = [...batch.filter((_, d) => !shared.includes(d)), rows]
  return forEachIndex(context, shader, label, sizes, [...alone, own], body)
}
