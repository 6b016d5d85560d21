import { sizeOf, type KernelArgument } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import { float } from '../wgsl/numbers.ts'
import type { Shader } from '../wgsl/shader.ts'
import type { Call, KernelContext, NamedKernel } from './context.ts'
import { resultAt } from './epilogue.ts'
import { within } from './geometry.ts'
import type { Tuning } from './tuning.ts'
import { each, loops, named, placeIn, sum } from '../wgsl/text.ts'

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
  /** Statements that give the score of a query and a key, by their rows and their numbers, as `score`. */
  score(q: string, query: string, k: string, key: string): string
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
  const placeOf = (x: KernelArgument, row: string, column: string): string =>
    placeIn([...leadOf(x, batch.length), ...x.shape.slice(-2)], [...c, row, column])
  const at = (x: KernelArgument, row: string, column: string): string => shader.of(x).get(placeOf(x, row, column))
  const row = (name: string, x: KernelArgument, index: string): string => {
    const columns = x.shape[x.shape.length - 1]
    if (columns <= WRITTEN && columns % WIDE === 0) {
      const { wide } = shader.rows(x)
      return each(
        columns / WIDE,
        (f) => `let ${name}q${f} = ${wide(placeOf(x, index, `${f * WIDE}`))};
${each(WIDE, (i) => `let ${name}_${f * WIDE + i} = ${name}q${f}[${i}];`)}`,
      )
    }
    return `${zeros(name, columns)}\n${along(columns, (of, f) => `${of(name)} = ${at(x, index, f)};`)}`
  }
  const score = (q: string, query: string, k: string, key: string): string => `${product('dot', q, k, features)}
let score = dot * ${float(scale)}${mask ? ` + ${at(mask, query, key)}` : ''};`
  return { at, row, score }
}

/** Elements of a vector. */
const WIDE = 4
/** Elements of a row up to which each is a variable: in registers, where an array has a place in memory. */
const WRITTEN = 64
/** How many rows an invocation may take, and elements of all of them. */
const BLOCKS = [8, 4, 2]
const REGISTERS = 512

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

/** How many rows an invocation takes, for which it loads each row of the other side once: as many as leave the adapter
 * enough to do. */
function blockOf(batch: readonly number[], rows: number, widths: readonly number[], { invocations }: Tuning): number {
  const fits = (count: number): boolean =>
    count * widths.reduce((a, b) => a + b) <= REGISTERS && sizeOf(batch) * Math.ceil(rows / count) >= invocations
  return BLOCKS.find((count) => Math.max(...widths) <= WRITTEN && fits(count)) ?? 1
}

/** Softmax of scores times values: sums are scaled as a larger score comes, so that scores are seen once.
 * @see T. Dao et al., "FlashAttention", 2022, https://arxiv.org/abs/2205.14135 */
export const attention: NamedKernel<AttentionAttrs> = (call, context) => {
  const { inputs, outputs, attrs } = call
  const [q, k, v, mask] = inputs
  const [y, logSum] = outputs
  const shapes = shapesOf(q, v, logSum, attrs)
  const { batch, queries, keys, features, valueFeatures } = shapes
  const shader = context.shader()
  const { at, row: load, score } = reads(shader, shapes, mask)
  const c = named('c', batch.length)
  const count = blockOf(batch, queries, [features, valueFeatures], context.tuning)
  const isWritten = valueFeatures <= WRITTEN
  const element = (f: string): string => `row * ${valueFeatures} + ${f}`
  const resultRow = (name: string, total: string): string => {
    const all = isWritten ? `array<f32, ${valueFeatures}>(${named(`${name}_`, valueFeatures).join(', ')})` : name
    return context.epilogues.length
      ? `var results = ${all};
for (var f = 0; f < ${valueFeatures}; f++) {
${resultAt(y, shader, context.epilogues, element('f'), `results[f] / ${total}`)}
}`
      : along(valueFeatures, (of, f) => shader.of(y).set(element(f), `${of(name)} / ${total}`))
  }
  const value = (of: (name: string) => string, f: string): string => (isWritten ? of('v') : at(v, 'key', f))
  const end = attrs.causal ? `min(query${count - 1} + 1, ${keys})` : `${keys}`
  // A score of -infinity weighs nothing, also where there is no other yet.
  const body = `let first = block * ${count};
${each(
  count,
  (i) => `let query${i} = ${within('first', i, queries, count)};
var top${i} = -f_inf();
var total${i} = 0.0;
${zeros(`y${i}`, valueFeatures)}
${load(`q${i}`, q, `query${i}`)}`,
)}
for (var key = 0; key < ${end}; key++) {
${load('k', k, 'key')}
${isWritten ? load('v', v, 'key') : ''}
${each(
  count,
  (i) => `{ ${score(`q${i}`, `query${i}`, 'k', 'key')}
if (${attrs.causal ? `key <= query${i} && ` : ''}bitcast<u32>(score) != 0xff800000u) {
let next = f_max(top${i}, score);
let shrink = f_exp(top${i} - next);
let weight = f_exp(score - next);
total${i} = total${i} * shrink + weight;
${along(valueFeatures, (of, f) => `${of(`y${i}`)} = ${of(`y${i}`)} * shrink + weight * ${value(of, f)};`)}
top${i} = next;
} }`,
)}
}
${each(
  count,
  (i) => `if (first + ${i} < ${queries}) {
let row = ${placeIn([...batch, queries], [...c, `query${i}`])};
if (f_isZero(total${i})) { total${i} = f_nan(); }
${shader.of(logSum).set('row', `top${i} + f_log(total${i})`)}
${resultRow(`y${i}`, `total${i}`)}
}`,
)}`
  return shader.forEach([...batch, Math.ceil(queries / count)], [...c, 'block'], body)
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
  const { batch, queries, keys, features, valueFeatures, scale } = shapes
  const shader = context.shader()
  const { row: load, score } = reads(shader, shapes, mask)
  const c = named('c', batch.length)
  const lead = leadOf(out, batch.length)
  const shared = batch.flatMap((n, d) => (lead[d] === 1 && n > 1 ? [d] : []))
  const usesScores = which.some((w) => w < 2)
  const isOfQueries = which[0] === 0
  const rows = isOfQueries ? queries : keys
  const [own, other] = isOfQueries ? ['query', 'key'] : ['key', 'query']
  const count = blockOf(lead, rows, [2 * features, 2 * valueFeatures], context.tuning)
  const last = own + (count - 1)
  const [from, to] = isOfQueries
    ? ['0', attrs.causal ? `min(${last} + 1, ${keys})` : `${keys}`]
    : [attrs.causal ? 'key0' : '0', `${queries}`]
  const perQuery = (x: KernelArgument, query: string): string =>
    shader.of(x).get(placeIn([...batch, queries], [...c, query]))
  /** Statements that load what is known of a query or a key, by names with a tag behind. */
  const known = (side: string, tag: string): string =>
    side === 'query'
      ? `${load(`q${tag}`, q, side + tag)}
${load(`g${tag}`, g, side + tag)}
let logSum${tag} = ${perQuery(logSum, side + tag)};
${usesScores ? `let shift${tag} = ${perQuery(shift, side + tag)};` : ''}`
      : `${load(`k${tag}`, k, side + tag)}\n${usesScores ? load(`v${tag}`, v, side + tag) : ''}`
  const columnsOf = (x: KernelArgument): number => x.shape[x.shape.length - 1]
  const pair = (i: number): string => {
    const [query, key] = isOfQueries ? [i, ''] : ['', i]
    const cotangent = `${product('cotangent', `g${query}`, `v${key}`, valueFeatures)}
let d = p * (cotangent - shift${query}) * ${float(scale)};`
    const terms = which.map((w, r) =>
      along(columnsOf(results[r]), (of) => `${of(`sums${w}${i}`)} += ${TERM[w][0]} * ${of(TERM[w][1])};`),
    )
    return `${attrs.causal ? `if (key${key} <= query${query}) {` : '{'}
${score(`q${query}`, `query${query}`, `k${key}`, `key${key}`)}
let p = f_exp(score - logSum${query});
${usesScores ? cotangent : ''}
${terms.join('\n')}
}`
  }
  const pairs = `for (var ${other} = ${from}; ${other} < ${to}; ${other}++) {
${known(other, '')}
${each(count, pair)}
}`
  const alone = c.filter((_, d) => !shared.includes(d))
  // Batches that share a row of the result may differ in what stands beside it.
  const body = `let first = block * ${count};
${each(
  count,
  (i) => `let ${own}${i} = ${within('first', i, rows, count)};
${which.map((w, r) => zeros(`sums${w}${i}`, columnsOf(results[r]))).join('\n')}`,
)}
${loops(
  shared.map((d) => batch[d]),
  shared.map((d) => c[d]),
  `${each(count, (i) => known(own, `${i}`))}\n${pairs}`,
)}
${each(
  count,
  (i) => `if (first + ${i} < ${rows}) {
let row = ${placeIn([...lead, rows], [...c, `${own}${i}`])};
${which
  .map((w, r) => {
    const columns = columnsOf(results[r])
    const write = shader.of(results[r])
    return along(columns, (of, f) => write.set(`row * ${columns} + ${f}`, of(`sums${w}${i}`)))
  })
  .join('\n')}
}`,
)}`
  const sizes = [...batch.filter((_, d) => !shared.includes(d)), Math.ceil(rows / count)]
  return shader.forEach(sizes, [...alone, 'block'], body)
}

/** What a pair of a query and a key adds to a cotangent: a number times a row. */
const TERM = { 0: ['d', 'k'], 1: ['d', 'q'], 2: ['p', 'g'] } as const
