import { sizeOf, type DType, type KernelArgument } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import type { Place } from '../run/place.ts'
import { aroundAxis, type AroundAxis } from './axis.ts'
import type { KernelContext, NamedKernel } from './context.ts'
import { forEachIndex } from './simple.ts'

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
  if (dtype === 'bool') return `select(0, 1, ${value})`
  return dtype === 'int32' ? value : `bitcast<i32>(${value} ^ 0x80000000u)`
}

/** How elements of lines [before, size, after] are compared, in a shader that reads them. */
const LINE = ['a', 'i', 'b']
const placeOf = ({ size, after }: AroundAxis, i: string): string => `(a * ${size} + ${i}) * ${after} + b`

/** The positions that sort each line, in scratch memory, by merging runs of twice the length in each pass: an element
 * finds its place by a search in the neighbouring run. Stable. */
function mergeSort(
  label: string,
  x: KernelArgument,
  line: AroundAxis,
  descending: boolean,
  context: KernelContext,
): { readonly dispatches: Dispatch[]; readonly order: Place } {
  const { before, size, after } = line
  const total = before * size * after
  let from = context.scratch(4 * total)
  let to = context.scratch(4 * total)
  const sizes = [before, size, after]
  const goesBefore = (p: string, q: string): string => (descending ? `${p} > ${q}` : `${p} < ${q}`)

  const first = context.shader()
  const value = first.array(context.place(x.buffer), x.dtype)
  const ranks = first.array(from, 'int32')
  const keyAt = (read: (index: string) => string, i: string): string => `let value = ${read(i)};`
  const blocks = `${keyAt(value.get, placeOf(line, 'i'))}
let own = ${key('value', x.dtype)};
let start = i - i % ${BLOCK};
var rank = start;
for (var j = start; j < min(start + ${BLOCK}, ${size}); j++) {
let value = ${value.get(placeOf(line, 'j'))};
let other = ${key('value', x.dtype)};
if (${goesBefore('other', 'own')} || (other == own && j < i)) { rank++; }
}
${ranks.set(placeOf(line, 'rank'), 'i')}`
  const dispatches = forEachIndex(context, first, label, sizes, LINE, blocks)
  for (let width = BLOCK; width < size; width *= 2) {
    const shader = context.shader()
    const read = shader.array(context.place(x.buffer), x.dtype)
    const order = shader.array(from, 'int32')
    const merged = shader.array(to, 'int32')
    const body = `let element = ${order.get(placeOf(line, 'i'))};
var value = ${read.get(placeOf(line, 'element'))};
let own = ${key('value', x.dtype)};
let run = i / ${width};
let isLeft = run % 2 == 0;
let start = (run ^ 1) * ${width};
var low = min(start, ${size});
var high = min(start + ${width}, ${size});
while (low < high) {
let middle = (low + high) / 2;
let there = ${order.get(placeOf(line, 'middle'))};
value = ${read.get(placeOf(line, 'there'))};
let other = ${key('value', x.dtype)};
if (${goesBefore('other', 'own')} || (!isLeft && other == own)) { low = middle + 1; } else { high = middle; }
}
let rank = i - run * ${width} + low - min(start, ${size}) + (run / 2) * ${2 * width};
${merged.set(placeOf(line, 'rank'), 'element')}`
    dispatches.push(...forEachIndex(context, shader, label, sizes, LINE, body))
    ;[from, to] = [to, from]
  }
  return { dispatches, order: from }
}

/** Writes values and positions of the first `count` elements of sorted lines; either may be absent. */
function sorted(
  label: string,
  x: KernelArgument,
  { axis, descending = false }: SortAttrs,
  values: KernelArgument | null,
  positions: KernelArgument | null,
  context: KernelContext,
): Dispatch[] {
  const line = aroundAxis(x.shape, axis)
  const { before, size, after } = line
  if (sizeOf(x.shape) === 0) return []
  const { size: count } = aroundAxis((values ?? positions)!.shape, axis)
  const write = (shader: ReturnType<KernelContext['shader']>, rank: string, element: string, value: string): string => {
    const at = placeOf({ ...line, size: count }, rank)
    return [
      ...(values ? [shader.array(context.place(values.buffer), values.dtype).set(at, value)] : []),
      ...(positions ? [shader.array(context.place(positions.buffer), positions.dtype).set(at, element)] : []),
    ].join('\n')
  }
  const shader = context.shader()
  const read = shader.array(context.place(x.buffer), x.dtype)
  if (size <= SHORT) {
    const body = `let mine = ${read.get(placeOf(line, 'i'))};
let own = ${key('mine', x.dtype)};
var rank = 0;
for (var j = 0; j < ${size}; j++) {
let value = ${read.get(placeOf(line, 'j'))};
let other = ${key('value', x.dtype)};
if (${descending ? 'other > own' : 'other < own'} || (other == own && j < i)) { rank++; }
}
if (rank < ${count}) {
${write(shader, 'rank', 'i', 'mine')}
}`
    return forEachIndex(context, shader, label, [before, size, after], LINE, body)
  }
  const { dispatches, order } = mergeSort(label, x, line, descending, context)
  const at = shader.array(order, 'int32')
  const body = `let element = ${at.get(placeOf(line, 'i'))};
${write(shader, 'i', 'element', read.get(placeOf(line, 'element')))}`
  return [...dispatches, ...forEachIndex(context, shader, label, [before, count, after], LINE, body)]
}

/** Sorted along an axis, stable; NaN is greater than all numbers. */
export const sort: NamedKernel<SortAttrs> = ({ label, inputs: [x], outputs: [out], attrs }, context) =>
  sorted(label, x, attrs, out, null, context)

/** The positions along the axis that would sort. */
export const argsort: NamedKernel<SortAttrs> = ({ label, inputs: [x], outputs: [out], attrs }, context) =>
  sorted(label, x, attrs, null, out, context)

/** The k largest along an axis, the largest (NaN before all) first, and their positions. */
export const topK: NamedKernel<{ readonly axis: number }> = (
  { label, inputs: [x], outputs: [values, positions], attrs },
  context,
) => sorted(label, x, { ...attrs, descending: true }, values, positions, context)
