import { contiguous, sizeOf, type Contraction, type Operand, type StepInfo } from '@gradloom/core'
import { threadsOf } from '../device/limits.ts'
import type { Dispatch } from '../run/dispatch.ts'
import type { Place } from '../run/place.ts'
import { typeOf } from '../wgsl/numbers.ts'
import type { ArrayAccess } from '../wgsl/shader.ts'
import type { KernelContext } from './context.ts'
import { addParts, resultText, tileText, type Result, type ResultTile } from './result.ts'
import { each, sum, times, unravel } from '../wgsl/text.ts'
import { PART, tileOf, type Tile } from './tile.ts'

/** Invocations of a workgroup. */
const THREADS = 64
/** Elements of a vector. */
const WIDE = 4
/** Terms that are added to a sum at once, which adapters in software have in memory: as many as divide its length. */
const WIDE_FIRST = [WIDE, 2, 1]

/** Whether four neighbours along a direction of stride 1 can be loaded at once, wherever the other indices are. */
const isWide = ({ offset, batch }: Operand, other: number, size: number, { base, byteLength }: Place): boolean =>
  base === null && byteLength % 16 === 0 && [offset, ...batch, other, size].every((n) => n % WIDE === 0)

/** How a tile reads an operand: one element a row (or column) and term, four terms at once, or four rows at once. */
type Reading = 'single' | 'terms' | 'lines'

/** The elements of an operand that a tile takes. */
interface Side {
  /** The prefixes of its starts and of its elements. */
  readonly start: string
  readonly element: string
  /** The variable of its first line. */
  readonly first: string
  readonly operand: Operand
  readonly array: ArrayAccess
  readonly reading: Reading
  /** Strides from line to line, and from term to term. */
  readonly line: number
  readonly term: number
  /** Lines of the whole, and of a tile. */
  readonly size: number
  readonly tile: number
}

/** A batched product of matrices: every invocation computes a tile of the result in registers. Operands are read where
 * they lie, by their strides, as vectors where these allow it. A loop over the results is done on the tile. A long sum
 * of few results is cut into parts, which a second kernel adds up in order. */
export function contractionDispatches(step: Contraction & StepInfo, context: KernelContext): Dispatch[] {
  const { batch, m, n, k } = step
  const results = sizeOf(batch) * m * n
  if (results === 0) return []
  const tile = tileOf({ batch: sizeOf(batch), m, n, k }, context.tuning)
  const parts = Math.ceil(k / tile.terms)
  if (k === 0 || parts === 1) return product(step, context, { ...tile, terms: k }, null)
  const partial = context.scratch(4 * results * parts)
  return [...product(step, context, tile, partial), ...addParts(resultOf(step), context, partial, parts)]
}

const resultOf = ({ out, dtype, batch, m, n }: Contraction): Result => ({
  buffer: out,
  dtype,
  shape: [...batch, m, n],
})

/** @param partial where the sums of parts go, one array of results after another */
function product(
  step: Contraction & StepInfo,
  context: KernelContext,
  { rows, columns, terms }: Tile,
  partial: Place | null,
): Dispatch[] {
  const { dtype, batch, m, n, k, a, b } = step
  const parts = partial ? Math.ceil(k / terms) : 1
  const down = Math.ceil(m / rows)
  const across = Math.ceil(n / columns)
  const count = parts * sizeOf(batch) * down * across
  const shader = context.shader()
  const type = typeOf(dtype)

  const sideOf = (operand: Operand, line: number, term: number, size: number, tile: number): Side => {
    const place = context.place(operand.buffer)
    const reading = dtype === 'float32' ? readingOf(operand, line, term, size, tile, k, place) : 'single'
    const array = shader.array(place, dtype, reading !== 'single')
    const names =
      operand === a ? { start: 'a', element: 'x', first: 'row' } : { start: 'b', element: 'y', first: 'column' }
    return { ...names, operand, array, reading, line, term, size, tile }
  }
  const left = sideOf(a, a.row, a.column, m, rows)
  const right = sideOf(b, b.column, b.row, n, columns)

  const name = (d: number): string => (d === 0 ? 'tileRow' : d === 1 ? 'tileColumn' : `batch${d - 2}`)
  // Neighbours go along the columns of the result: they share elements of a, and write side by side.
  const order = ['part', ...batch.map((_, d) => name(d + 2)), name(0), name(1)]
  const batchStrides = contiguous([...batch, m * n]).slice(0, -1)
  const outStart = sum([
    ...(partial ? [`part * ${sizeOf(batch) * m * n}`] : ['0']),
    ...batchStrides.flatMap((s, d) => times(name(d + 2), s)),
  ])
  const together = WIDE_FIRST.find((count) => k % count === 0)!
  // Rows are loaded where they are used, so that few values wait at a time.
  const strip = left.reading === 'lines' ? WIDE : 1
  const products = (i: number, j: number): string =>
    sum(Array.from({ length: together }, (_, t) => `x${t}_${i} * y${t}_${j}`))
  const zeros = (prefix: string): string =>
    each(rows, (i) => each(columns, (j) => `var ${prefix}${i}_${j} = ${type}(0);`))
  const inner = (from: string, to: string): string => `for (var k = ${from}; k < ${to}; k += ${together}) {
${loads(right, 0, columns, together)}
${each(rows / strip, (q) => {
  const own = Array.from({ length: strip }, (_, i) => q * strip + i)
  const sums = own.map((i) => each(columns, (j) => `p${i}_${j} += ${products(i, j)};`))
  return [loads(left, q * strip, strip, together), ...sums].join('\n')
})}
}`
  const last = parts * terms === k ? `first + ${terms}` : `min(first + ${terms}, ${k})`
  const sums =
    terms <= PART
      ? `${zeros('p')}\n${inner('first', 'last')}\n${each(rows, (i) =>
          each(columns, (j) => `let sum${i}_${j} = p${i}_${j};`),
        )}`
      : `${zeros('sum')}
for (var term = first; term < last; term += ${PART}) {
${zeros('p')}
${inner('term', `min(term + ${PART}, last)`)}
${each(rows, (i) => each(columns, (j) => `sum${i}_${j} += p${i}_${j};`))}
}`
  const results: ResultTile = {
    rows: { count: rows, stride: n, first: 'row', size: m },
    columns: { count: columns, stride: 1, first: 'column', size: n },
  }
  const body = `if (thread >= ${count}u) { return; }
${unravel('thread', [parts, ...batch, down, across], (d) => order[d])}
let row = tileRow * ${rows};
let column = tileColumn * ${columns};
let first = part * ${terms};
let last = ${last};
${[left, right]
  .map((s) =>
    starts(
      s,
      batch.map((_, d) => name(d + 2)),
    ),
  )
  .join('\n')}
${sums}
let to = ${outStart} + row * ${n} + column;
${partial ? tileText(shader.array(partial, dtype), results) : resultText(resultOf(step), shader, context, results)}`
  const threads = threadsOf(context.limits, THREADS)
  return [shader.finish({ body, threads, workgroups: Math.ceil(count / threads) })]
}

function readingOf(
  operand: Operand,
  line: number,
  term: number,
  size: number,
  tile: number,
  terms: number,
  place: Place,
): Reading {
  if (term === 1 && isWide(operand, line, terms, place)) return 'terms'
  return line === 1 && tile % WIDE === 0 && isWide(operand, term, size, place) ? 'lines' : 'single'
}

/** Statements that give the place of each line's first element. Lines behind the last are the last again (or the last
 * four), and not written. */
function starts({ start, first, operand, reading, line, size, tile }: Side, batch: readonly string[]): string {
  const step = reading === 'lines' ? WIDE : 1
  const begin = sum([`${operand.offset}`, ...operand.batch.flatMap((s, d) => times(batch[d], s))])
  return each(tile / step, (q) => {
    const at = `${first} + ${q * step}`
    const inside = size % tile === 0 ? at : `min(${at}, ${size - step})`
    return `let ${start}${q} = ${sum([begin, ...times(`(${inside})`, line)])};`
  })
}

/** Statements that load lines of a side from `from` on at terms k to k + together - 1: the name of the side, the term
 * and the line. */
function loads(side: Side, from: number, count: number, together: number): string {
  const { reading, start, element, array, term } = side
  const at = (t: number): string[] => times(t ? `(k + ${t})` : 'k', term)
  if (reading === 'lines')
    return each(count / WIDE, (d) => {
      const q = from / WIDE + d
      return each(
        together,
        (t) => `let ${element}${t}q${q} = ${array.wide(sum([`${start}${q}`, ...at(t)]))};
${each(WIDE, (i) => `let ${element}${t}_${q * WIDE + i} = ${element}${t}q${q}[${i}];`)}`,
      )
    })
  return each(count, (d) => {
    const i = from + d
    if (reading === 'single')
      return each(together, (t) => `let ${element}${t}_${i} = ${array.get(sum([`${start}${i}`, ...at(t)]))};`)
    return `let ${element}${i} = ${array.wide(`${start}${i} + k`)};
${each(WIDE, (t) => `let ${element}${t}_${i} = ${element}${i}[${t}];`)}`
  })
}
