import { contiguous, sizeOf, type Access, type KernelArgument, type LoopKernel, type Operand } from '@gradloom/core'
import { loopDispatches } from '../loop/loop.ts'
import type { Dispatch } from '../run/dispatch.ts'
import type { Chunk } from './chunks.ts'
import type { KernelContext } from './context.ts'
import { contractionDispatches } from './contraction.ts'
import { formulaLoop, type Formula } from './formula.ts'
import { indicesOf } from './geometry.ts'
import type { Product } from './product.ts'
import { addTo, softmaxRows, TAKEN } from './score-loops.ts'

/** What is known of all scores of an attention. */
export interface Heads {
  readonly label: string
  readonly batch: readonly number[]
  readonly queries: number
  readonly keys: number
  /** Numbers that are added to the scores. */
  readonly mask: KernelArgument | undefined
  readonly scale: number
  readonly causal: boolean
}

/** Which rows an operand or a result has. */
export type Rows = 'queries' | 'keys'

/** What is done with a part of the scores, which is an array [...sizes, queries, keys]. */
export interface ScorePart {
  /** `to` = what `write` makes of the products of rows of x and y. */
  scores(to: number, x: KernelArgument, y: KernelArgument, write: (f: Formula, dot: number) => number): Dispatch[]
  /** The score of a product of a query and a key. */
  score(f: Formula, dot: number): number
  /** `value` where a query may look, else another. */
  causal(f: Formula, value: number, otherwise: number): number
  /** Scores become probabilities; each query's largest score, and the logarithm of its sum. */
  softmax(scores: number, sums: KernelArgument): Dispatch[]
  /** Probabilities times values. */
  values(probabilities: number, v: KernelArgument, y: KernelArgument): Dispatch[]
  /** Adds to a cotangent what an array of scores, times x, gives. */
  cotangent(out: KernelArgument, scores: number, x: KernelArgument, rows: Rows): Dispatch[]
  access(scores: number): Access
  /** A number of each query, which has as many as the last axis of x. */
  perQuery(x: KernelArgument, place: number): Access
}

const dtype = 'float32'
const featuresOf = ({ shape }: KernelArgument): number => shape.at(-1)!
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * b[i], 0)

/** The axes of an array before its rows and columns, with ones in front to the rank of the batch. */
const leadOf = ({ shape }: KernelArgument, rank: number): number[] => {
  const lead = shape.slice(0, -2)
  return [...Array.from({ length: rank - lead.length }, () => 1), ...lead]
}
/** Strides of an array along the batch and its own two axes, 0 along what it has once for all. */
const stridesOf = (x: KernelArgument, rank: number): number[] => {
  const shape = [...leadOf(x, rank), ...x.shape.slice(-2)]
  return contiguous(shape).map((s, d) => (shape[d] === 1 ? 0 : s))
}

export function scorePart(heads: Heads, chunk: Chunk, context: KernelContext): ScorePart {
  const { label, batch, keys, mask, scale, causal } = heads
  const { from, sizes, query, queries } = chunk
  const rank = batch.length
  const shape = [...sizes, queries, keys]
  const own = contiguous(shape)
  const step = { label, scope: '', dtype } as const

  /** Rows of an operand: where they begin, and its strides along the batch. */
  const rowsOf = (x: KernelArgument, rows: Rows): Pick<Operand, 'buffer' | 'offset' | 'batch'> => {
    const strides = stridesOf(x, rank).slice(0, rank)
    return {
      buffer: x.buffer,
      offset: dot(from, strides) + (rows === 'queries' ? query * featuresOf(x) : 0),
      batch: strides,
    }
  }
  const access: ScorePart['access'] = (scores) => ({ buffer: scores, dtype, offset: 0, strides: own })
  const product = (
    given: Omit<Product, keyof typeof step | 'out'> & { out?: number },
    loop?: LoopKernel,
  ): Dispatch[] => {
    const epilogues = loop ? [{ loop: { ...loop, ...step }, of: { buffer: TAKEN, dtype }, isRead: false } as const] : []
    return contractionDispatches({ ...step, out: TAKEN, ...given }, { ...context, epilogues })
  }
  const taken = (strides: readonly number[]): Access => ({ buffer: TAKEN, dtype, offset: 0, strides })
  const perQuery: ScorePart['perQuery'] = ({ buffer, shape: all }, place) => {
    const strides = contiguous(all)
    return { buffer, dtype, offset: dot([...from, query, place], strides), strides: strides.with(-1, 0) }
  }
  return {
    access,
    perQuery,
    scores(to, x, y, write) {
      const features = featuresOf(x)
      const loop = formulaLoop(shape, access(to), (f) => write(f, f.read(taken(own))))
      const a = { ...rowsOf(x, 'queries'), row: features, column: 1 }
      const b = { ...rowsOf(y, 'keys'), row: 1, column: features }
      return product({ batch: sizes, m: queries, n: keys, k: features, a, b }, loop)
    },
    score(f, product) {
      const scaled = f.of('mul', product, f.constant(scale))
      if (!mask) return scaled
      const strides = stridesOf(mask, rank)
      const offset = dot([...from, query], strides.slice(0, -1))
      return f.of('add', scaled, f.read({ buffer: mask.buffer, dtype, offset, strides }))
    },
    causal(f, value, otherwise) {
      if (!causal) return value
      const mayLook = f.compare('le', f.index(rank + 1, 0), f.index(rank, query))
      return f.of('select', mayLook, value, f.constant(otherwise))
    },
    softmax(scores, sums) {
      const rows = sizeOf(shape) / keys
      const [tops, logs] = [0, 1].map((place): Access => ({ ...perQuery(sums, place), strides: [2, 0] }))
      const loop = softmaxRows(rows, keys, scores, tops, logs)
      return loopDispatches({ ...step, ...loop }, { ...context, epilogues: [] })
    },
    values(probabilities, v, y) {
      const features = featuresOf(v)
      const a = { buffer: probabilities, offset: 0, batch: own.slice(0, -2), row: keys, column: 1 }
      const b = { ...rowsOf(v, 'keys'), row: features, column: 1 }
      const begin = dot([...from, query], contiguous(y.shape))
      const given = { ...step, batch: sizes, m: queries, n: features, k: keys, a, b, out: y.buffer, begin }
      return contractionDispatches(given, context)
    },
    cotangent(out, scores, x, rows) {
      const features = featuresOf(x)
      const lead = leadOf(out, rank)
      const shared = sizes.flatMap((_, d) => (lead[d] === 1 && batch[d] > 1 ? [d] : []))
      const others = rowsOf(x, rows === 'queries' ? 'keys' : 'queries')
      const begin = dot(from, stridesOf(out, rank).slice(0, rank)) + (rows === 'queries' ? query * features : 0)
      const ofQueries = { m: queries, n: features, k: keys }
      const size = rows === 'queries' ? ofQueries : { ...ofQueries, m: keys, k: queries }
      const [row, column] = rows === 'queries' ? [keys, 1] : [1, keys]
      return indicesOf(shared.map((d) => sizes[d])).flatMap((position) => {
        const at = sizes.map((_, d) => position[shared.indexOf(d)] ?? 0)
        const isFirst = shared.every((d) => from[d] + at[d] === 0) && (rows === 'queries' || query === 0)
        const a = { buffer: scores, offset: dot(at, own), batch: own.slice(0, -2), row, column }
        const b = { ...others, offset: others.offset + dot(at, others.batch), row: features, column: 1 }
        const given = { ...size, batch: sizes.map((n, d) => (shared.includes(d) ? 1 : n)), a, b, begin }
        return isFirst ? product({ ...given, out: out.buffer }) : product(given, addTo(out))
      })
    },
  }
}
