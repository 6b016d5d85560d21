import { sizeOf } from '@gradloom/core'
import { threadsOf } from '../device/limits.ts'
import type { Dispatch } from '../run/dispatch.ts'
import { typeOf } from '../wgsl/numbers.ts'
import type { ArrayAccess, BufferOf } from '../wgsl/shader.ts'
import { each, sum, times, unravel } from '../wgsl/text.ts'
import { blockedProduct, isRoomFor } from './blocked-product.ts'
import type { KernelContext } from './context.ts'
import { beginOf, readingOf, WIDE, type Lines, type Reading } from './operand.ts'
import { cutInto, productNames, productText, resultOf, type Cut, type Product } from './product.ts'
import { addParts, type ResultTile } from './result.ts'
import { PART, productTile, tileOf, type Tile } from './tile.ts'

/** Invocations of a workgroup. */
const THREADS = 64
/** Terms that are added to a sum at once, which adapters in software have in memory: as many as divide its length. */
const WIDE_FIRST = [WIDE, 2, 1]

/** The elements of an operand that a tile takes. */
interface Side extends Lines {
  /** The prefixes of its starts and of its elements. */
  readonly start: string
  readonly element: string
  /** The variable of its first line. */
  readonly first: string
  readonly array: ArrayAccess
  readonly reading: Reading
}

/** A batched product of matrices. Operands are read where they lie, by their strides, as vectors where these allow it.
 * A loop over the results is done on the tile. A long sum of few results is cut into parts, which a second kernel adds
 * up in order. */
export function contractionDispatches(step: Product, context: KernelContext): Dispatch[] {
  const { batch, m, n, k, dtype } = step
  const results = sizeOf(batch) * m * n
  if (results === 0) return []
  const shape = { batch: sizeOf(batch), m, n, k }
  const best = dtype === 'float32' ? productTile(shape, context.tuning) : tileOf(shape, context.tuning)
  const tile = best.block && !isRoomFor(best.block, context) ? tileOf(shape, context.tuning) : best
  const cut = cutInto(k, tile.terms)
  const partial = cut.parts === 1 ? null : { buffer: context.scratch(4 * results * cut.parts), dtype }
  const product = tile.block
    ? blockedProduct(step, context, tile.block, cut, partial)
    : registerProduct(step, context, tile, cut, partial)
  return partial ? [...product, ...addParts(step.begin ?? 0, resultOf(step), context, partial, cut.parts)] : product
}

/** Every invocation computes a tile of the result in registers. @param partial where the sums of parts go, one array of
 * results after another */
function registerProduct(
  step: Product,
  context: KernelContext,
  { rows, columns }: Tile,
  { parts, terms, last }: Cut,
  partial: BufferOf | null,
): Dispatch[] {
  const { dtype, batch, m, n, k, a, b } = step
  const down = Math.ceil(m / rows)
  const across = Math.ceil(n / columns)
  const count = parts * sizeOf(batch) * down * across
  const shader = context.shader()
  const type = typeOf(dtype)

  const sideOf = (lines: Lines & Pick<Side, 'start' | 'element' | 'first'>): Side => {
    const place = context.place(lines.operand.buffer)
    const reading = dtype === 'float32' ? readingOf(lines, k, place) : 'single'
    return { ...lines, array: shader.array(place, dtype, reading !== 'single'), reading }
  }
  const ofRows = { start: 'a', element: 'x', first: 'row' }
  const ofColumns = { start: 'b', element: 'y', first: 'column' }
  const left = sideOf({ ...ofRows, operand: a, line: a.row, term: a.column, size: m, tile: rows })
  const right = sideOf({ ...ofColumns, operand: b, line: b.column, term: b.row, size: n, tile: columns })
  const names = productNames(batch)
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
${unravel('thread', [parts, ...batch, down, across], (d) => names.order[d])}
let row = tileRow * ${rows};
let column = tileColumn * ${columns};
let first = part * ${terms};
let last = ${last};
${[left, right].map((side) => starts(side, names.batch)).join('\n')}
${sums}
${productText(step, context, shader, results, partial)}`
  const threads = threadsOf(context.limits, THREADS)
  return [shader.finish({ body, threads, workgroups: Math.ceil(count / threads) })]
}

/** Statements that give the place of each line's first element. Lines behind the last are the last again (or the last
 * four), and not written. */
function starts({ start, first, operand, reading, line, size, tile }: Side, batch: readonly string[]): string {
  const step = reading === 'lines' ? WIDE : 1
  const begin = beginOf(operand, batch)
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
