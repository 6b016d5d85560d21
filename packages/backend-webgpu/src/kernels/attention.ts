import { contiguous, type KernelArgument } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import { float } from '../wgsl/numbers.ts'
import type { Shader } from '../wgsl/shader.ts'
import type { Call, KernelContext, NamedKernel } from './context.ts'
import { resultAt } from './epilogue.ts'
import { each, loops, named, sum, times } from '../wgsl/text.ts'

interface AttentionAttrs {
  readonly causal: boolean
  readonly scale: number | null
}

/** What the kernels of attention read, in one shader: scores are computed where they are needed, so that there is no
 * array of [queries, keys]. */
interface Reads {
  /** Element of an operand at the batch of the variables `c`, of a row and a column. */
  at(x: KernelArgument, row: string, column: string): string
  /** Statements that load a row of an operand to an array of the invocation. */
  row(name: string, x: KernelArgument, row: string): string
  /** Statements that give the score of `query` and `key`, whose rows are `q` and `k`, as `score`. */
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

function reads(shader: Shader, { batch, features, scale }: Shapes, mask: KernelArgument | undefined): Reads {
  const c = named('c', batch.length)
  const at = (x: KernelArgument, row: string, column: string): string => {
    const lead = leadOf(x, batch.length)
    const [rows, columns] = x.shape.slice(-2)
    const strides = contiguous([...lead, rows, columns])
    const place = lead.flatMap((n, d) => (n === 1 ? [] : times(c[d], strides[d])))
    const inner = [...(rows === 1 ? [] : times(row, columns)), ...(columns === 1 ? [] : [column])]
    return shader.of(x).get(sum([...place, ...inner]))
  }
  const row = (name: string, x: KernelArgument, index: string): string => {
    const columns = x.shape[x.shape.length - 1]
    if (columns <= WRITTEN) return each(columns, (f) => `let ${name}_${f} = ${at(x, index, `${f}`)};`)
    return `${zeros(name, columns)}\n${along(columns, (of, f) => `${of(name)} = ${at(x, index, f)};`)}`
  }
  const score = `${product('dot', 'q', 'k', features)}
let score = dot * ${float(scale)}${mask ? ` + ${at(mask, 'query', 'key')}` : ''};`
  return { at, row, score }
}

/** Elements of a row up to which each is a variable: in registers, where an array has a place in memory. */
const WRITTEN = 64

/** Statements that make a row of zeros. */
const zeros = (name: string, count: number): string =>
  count > WRITTEN ? `var ${name}: array<f32, ${count}>;` : each(count, (f) => `var ${name}_${f} = 0.0;`)

/** A statement for each index of rows: `of` gives the element of a row by its name, `f` is the index. */
const along = (count: number, statement: (of: (name: string) => string, f: string) => string): string =>
  count > WRITTEN
    ? `for (var f = 0; f < ${count}; f++) { ${statement((name) => `${name}[f]`, 'f')} }`
    : each(count, (f) => statement((name) => `${name}_${f}`, `${f}`))

/** Statements that give the product of two rows a name. */
const product = (name: string, a: string, b: string, count: number): string =>
  count > WRITTEN
    ? `var ${name} = 0.0;\n${along(count, (of) => `${name} += ${of(a)} * ${of(b)};`)}`
    : `let ${name} = ${sum(Array.from({ length: count }, (_, f) => `${a}_${f} * ${b}_${f}`))};`

/** Softmax of scores times values: sums are scaled as a larger score comes, so that scores are seen once.
 * @see T. Dao et al., "FlashAttention", 2022, https://arxiv.org/abs/2205.14135 */
export const attention: NamedKernel<AttentionAttrs> = (call, context) => {
  const { inputs, outputs, attrs } = call
  const [q, k, v, mask] = inputs
  const [y, logSum] = outputs
  const shapes = shapesOf(q, v, logSum, attrs)
  const { batch, queries, keys, valueFeatures } = shapes
  const shader = context.shader()
  const { at, row: load, score } = reads(shader, shapes, mask)
  const c = named('c', batch.length)
  const row = sum([
    ...contiguous([...batch, queries])
      .slice(0, -1)
      .flatMap((s, d) => times(c[d], s)),
    'query',
  ])
  const element = (f: string): string => `row * ${valueFeatures} + ${f}`
  const all = valueFeatures > WRITTEN ? 'y' : `array<f32, ${valueFeatures}>(${named('y_', valueFeatures).join(', ')})`
  const resultRow = context.epilogues.length
    ? `var results = ${all};
for (var f = 0; f < ${valueFeatures}; f++) {
${resultAt(y, shader, context.epilogues, element('f'), 'results[f] / total')}
}`
    : along(valueFeatures, (of, f) => shader.of(y).set(element(f), `${of('y')} / total`))
  // A score of -infinity weighs nothing, also where there is no other yet.
  const body = `var top = -f_inf();
var total = 0.0;
${zeros('y', valueFeatures)}
${load('q', q, 'query')}
for (var key = 0; key < ${attrs.causal ? `min(query + 1, ${keys})` : keys}; key++) {
${load('k', k, 'key')}
${score}
if (bitcast<u32>(score) == 0xff800000u) { continue; }
let next = f_max(top, score);
let shrink = f_exp(top - next);
let weight = f_exp(score - next);
total = total * shrink + weight;
${along(valueFeatures, (of, f) => `${of('y')} = ${of('y')} * shrink + weight * ${at(v, 'key', f)};`)}
top = next;
}
let row = ${row};
if (f_isZero(total)) { total = f_nan(); }
${shader.of(logSum).set('row', 'top + f_log(total)')}
${resultRow}`
  return shader.forEach([...batch, queries], [...c, 'query'], body)
}

/**
 * The cotangents of q, k and v, with probabilities computed again from logSum: p = e^(score - logSum), d = p (g v^T -
 * shift); dq = d k, dk = d^T q, dv = p^T g, the first two times the scale. Each row of a result is added up by one
 * invocation, in the order of the batches that share it, and of queries or keys; those of k and v by the same one.
 */
export const attentionGradient: NamedKernel<AttentionAttrs> = (call, context) => {
  const [, k, v] = call.inputs
  const areAlike = k.shape.slice(0, -1).join() === v.shape.slice(0, -1).join()
  const passes: readonly Cotangent[][] = areAlike ? [[0], [1, 2]] : [[0], [1], [2]]
  return passes.flatMap((which) => gradientOf(call, which, context))
}

/** Whose cotangent: that of q, k or v. */
type Cotangent = 0 | 1 | 2

/** Cotangents whose rows are the same invocation's. */
function gradientOf(call: Call<AttentionAttrs>, which: readonly Cotangent[], context: KernelContext): Dispatch[] {
  const { inputs, outputs, attrs } = call
  const [q, k, v, logSum, g, shift, mask] = inputs
  const results = which.map((w) => outputs[w])
  const [out] = results
  const shapes = shapesOf(q, v, logSum, attrs)
  const { batch, queries, keys, valueFeatures, scale } = shapes
  const rank = batch.length
  const shader = context.shader()
  const { row: load, score } = reads(shader, shapes, mask)
  const perRow = (x: KernelArgument): string => {
    const strides = contiguous([...batch, queries])
    const place = sum([...strides.slice(0, -1).flatMap((s, d) => times(c[d], s)), 'query'])
    return shader.of(x).get(place)
  }
  const c = named('c', rank)
  const lead = leadOf(out, rank)
  const ofQueries = which[0] === 0
  const rows = ofQueries ? queries : keys
  const [own, other] = ofQueries ? ['query', 'key'] : ['key', 'query']
  const [from, to] = ofQueries
    ? ['0', attrs.causal ? `min(query + 1, ${keys})` : `${keys}`]
    : [attrs.causal ? 'key' : '0', `${queries}`]
  const usesScores = which.some((w) => w < 2)
  const ofQuery = `${load('q', q, 'query')}\n${load('g', g, 'query')}`
  const ofKey = `${load('k', k, 'key')}\n${usesScores ? load('v', v, 'key') : ''}`
  const cotangent = usesScores
    ? `${product('cotangent', 'g', 'v', valueFeatures)}
let d = p * (cotangent - ${perRow(shift)}) * ${float(scale)};`
    : ''
  const columnsOf = (x: KernelArgument): number => x.shape[x.shape.length - 1]
  const terms = which.map((w, i) =>
    along(columnsOf(results[i]), (of) => `${of(`sums${w}`)} += ${TERM[w][0]} * ${of(TERM[w][1])};`),
  )
  const pairs = `for (var ${other} = ${from}; ${other} < ${to}; ${other}++) {
${ofQueries ? ofKey : ofQuery}
${score}
let p = f_exp(score - ${perRow(logSum)});
${cotangent}
${terms.join('\n')}
}`
  const shared = batch.flatMap((n, d) => (lead[d] === 1 && n > 1 ? [d] : []))
  const alone = c.filter((_, d) => !shared.includes(d))
  const place = sum([
    ...contiguous([...lead, rows])
      .slice(0, -1)
      .flatMap((s, d) => (lead[d] === 1 ? [] : times(c[d], s))),
    own,
  ])
  // Batches that share a row of the result may differ in what stands beside it.
  const mine = ofQueries ? ofQuery : ofKey
  const body = `${which.map((w, i) => zeros(`sums${w}`, columnsOf(results[i]))).join('\n')}
${loops(
  shared.map((d) => batch[d]),
  shared.map((d) => c[d]),
  `${mine}\n${pairs}`,
)}
let row = ${place};
${which
  .map((w, i) => {
    const write = shader.of(results[i])
    const columns = columnsOf(results[i])
    return along(columns, (of, f) => write.set(`row * ${columns} + ${f}`, of(`sums${w}`)))
  })
  .join('\n')}`
  const sizes = [...batch.filter((_, d) => !shared.includes(d)), rows]
  return shader.forEach(sizes, [...alone, own], body)
}

/** What a pair of a query and a key adds to a cotangent: a number times a row. */
const TERM = { 0: ['d', 'k'], 1: ['d', 'q'], 2: ['p', 'g'] } as const
