import { sizeOf, type DType, type KernelArgument } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import type { ArrayAccess, BufferOf } from '../wgsl/shader.ts'
import { aroundAxis, LINE, placeOn, type AroundAxis } from './axis.ts'
import type { KernelContext, NamedKernel } from './context.ts'

interface SortAttrs {
  readonly axis: number
  readonly descending?: boolean
}

/** Lines up to here are sorted by counting, for each element, those that go before it: work in proportion to the
 * square, but one kernel. */
const SHORT = 256
/** Longer ones begin with blocks of so many sorted that way. */
const BLOCK = 32

/** A whole number that orders as the value does: NaN above all numbers, -0 equal to 0. */
function key(value: string, dtype: DType): string {
  if (dtype === 'float32') return `select(f_key(${value}), 2147483647, f_isNaN(${value}))`
  if (dtype === 'bool') return `i32(${value})`
  return dtype === 'int32' ? value : `bitcast<i32>(${value} ^ 0x80000000u)`
}

const goesBefore = (descending: boolean): string => (descending ? 'other > own' : 'other < own')

/** Statements that give element i of a line a `rank`: `from`, and how many up to `to` go before it. */
const ranked = (
  read: ArrayAccess,
  dtype: DType,
  line: AroundAxis,
  [from, to]: readonly [string, string],
  descending: boolean,
): string => `let mine = ${read.get(placeOn(line, 'i'))};
let own = ${key('mine', dtype)};
var rank = ${from};
for (var j = ${from}; j < ${to}; j++) {
let value = ${read.get(placeOn(line, 'j'))};
let other = ${key('value', dtype)};
if (${goesBefore(descending)} || (other == own && j < i)) { rank++; }
}`

/** The positions that sort each line, in scratch memory, by merging runs of twice the length in each pass: an element
 * finds its place by a search in the neighbouring run. Stable. */
function mergeSort(
  x: KernelArgument,
  line: AroundAxis,
  descending: boolean,
  context: KernelContext,
): { readonly dispatches: Dispatch[]; readonly order: BufferOf } {
  const { before, size, after } = line
  const total = before * size * after
  let from: BufferOf = { buffer: context.scratch(4 * total), dtype: 'int32' }
  let to: BufferOf = { buffer: context.scratch(4 * total), dtype: 'int32' }
  const sizes = [before, size, after]

  const first = context.shader()
  const blocks = `let start = i - i % ${BLOCK};
${ranked(first.of(x), x.dtype, line, ['start', `min(start + ${BLOCK}, ${size})`], descending)}
${first.of(from).set(placeOn(line, 'rank'), 'i')}`
  const dispatches = first.forEach(sizes, LINE, blocks)
  for (let width = BLOCK; width < size; width *= 2) {
    const shader = context.shader()
    const read = shader.of(x)
    const order = shader.of(from)
    const body = `let element = ${order.get(placeOn(line, 'i'))};
var value = ${read.get(placeOn(line, 'element'))};
let own = ${key('value', x.dtype)};
let run = i / ${width};
let isLeft = run % 2 == 0;
let start = (run ^ 1) * ${width};
var low = min(start, ${size});
var high = min(start + ${width}, ${size});
while (low < high) {
let middle = (low + high) / 2;
let there = ${order.get(placeOn(line, 'middle'))};
value = ${read.get(placeOn(line, 'there'))};
let other = ${key('value', x.dtype)};
if (${goesBefore(descending)} || (!isLeft && other == own)) { low = middle + 1; } else { high = middle; }
}
let rank = i - run * ${width} + low - min(start, ${size}) + (run / 2) * ${2 * width};
${shader.of(to).set(placeOn(line, 'rank'), 'element')}`
    dispatches.push(...shader.forEach(sizes, LINE, body))
    ;[from, to] = [to, from]
  }
  return { dispatches, order: from }
}

/** Writes values and positions of the first `count` elements of sorted lines; either may be absent. */
function sorted(
  x: KernelArgument,
  { axis, descending = false }: SortAttrs,
  values: KernelArgument | null,
  positions: KernelArgument | null,
  context: KernelContext,
): Dispatch[] {
  const line = aroundAxis(x.shape, axis)
  const { before, size, after } = line
  if (sizeOf(x.shape) === 0) return []
  const count = (values ?? positions)!.shape[axis]
  const shader = context.shader()
  const write = (rank: string, element: string, value: string): string => {
    const at = placeOn({ size: count, after }, rank)
    return [values && shader.of(values).set(at, value), positions && shader.of(positions).set(at, element)].join('\n')
  }
  const read = shader.of(x)
  if (size <= SHORT) {
    const body = `${ranked(read, x.dtype, line, ['0', `${size}`], descending)}
if (rank < ${count}) {
${write('rank', 'i', 'mine')}
}`
    return shader.forEach([before, size, after], LINE, body)
  }
  const { dispatches, order } = mergeSort(x, line, descending, context)
  const body = `let element = ${shader.of(order).get(placeOn(line, 'i'))};
${write('i', 'element', read.get(placeOn(line, 'element')))}`
  return [...dispatches, ...shader.forEach([before, count, after], LINE, body)]
}

/** Sorted along an axis, stable; NaN is greater than all numbers. */
export const sort: NamedKernel<SortAttrs> = ({ inputs: [x], outputs: [out], attrs }, context) =>
  sorted(x, attrs, out, null, context)

/** The positions along the axis that would sort. */
export const argsort: NamedKernel<SortAttrs> = ({ inputs: [x], outputs: [out], attrs }, context) =>
  sorted(x, attrs, null, out, context)

/** The k largest along an axis, the largest (NaN before all) first, and their positions. */
export const topK: NamedKernel<SortAttrs> = ({ inputs: [x], outputs: [values, positions], attrs }, context) =>
  sorted(x, { ...attrs, descending: true }, values, positions, context)
