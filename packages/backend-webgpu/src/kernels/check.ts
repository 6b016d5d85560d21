import { IndexError, sizeOf, type KernelArgument } from '@gradloom/core'
import { threadsOf } from '../device/limits.ts'
import type { Dispatch } from '../run/dispatch.ts'
import { FAULT } from '../run/fault.ts'
import type { KernelContext, NamedKernel } from './context.ts'
import { forEachIndex } from './simple.ts'

const THREADS = 64
/** Indices that one workgroup copies while it looks at them. */
const SHORT = 8192

/** One workgroup that looks for the first index outside [low, high), and reports it where no step before has failed.
 * `copyTo`: where the indices go besides. */
export function checkRange(
  name: string,
  indices: KernelArgument,
  [low, high]: readonly [number, number],
  ignored: number | null,
  context: KernelContext,
  copyTo: KernelArgument | null = null,
): Dispatch[] {
  const count = sizeOf(indices.shape)
  if (count === 0) return []
  const fault = context.fault(
    (value, position) =>
      new IndexError(`${name}: an index in [${low}, ${high}) required, got ${value} at position ${position}`),
  )
  const shader = context.shader()
  const read = shader.array(context.place(indices.buffer), indices.dtype)
  const copy = copyTo ? shader.array(context.place(copyTo.buffer), copyTo.dtype).set('i32(i)', 'index') : ''
  const threads = threadsOf(context.limits, THREADS)
  const isBad = [
    `(i32(index) < ${low} || i32(index) >= ${high})`,
    ...(ignored === null ? [] : [`i32(index) != ${ignored}`]),
  ]
  const declarations = `var<workgroup> firsts: array<u32, ${threads}>;`
  const body = `var first = ${count}u;
for (var i = lane; i < ${count}u; i += ${threads}u) {
let index = ${read.get('i32(i)')};
${copy}
if (${isBad.join(' && ')}) { first = min(first, i); }
}
firsts[lane] = first;
workgroupBarrier();
if (lane == 0u) {
for (var i = 1u; i < ${threads}u; i++) { first = min(first, firsts[i]); }
if (first < ${count}u && control[${FAULT.number}] == 0u) {
control[${FAULT.number}] = ${fault}u;
control[${FAULT.value}] = bitcast<u32>(i32(${read.get('i32(first)')}));
control[${FAULT.position}] = first;
}
}`
  const uniform = { label: name, declarations, body, threads, workgroups: 1, reports: true }
  return [shader.finish(uniform)]
}

/** The index as a position of an axis; negative ones count from the end. What is out of range is reported apart, and
 * kept within here. */
export const position = (index: string, size: number): string =>
  `clamp(select(${index}, ${index} + ${size}, ${index} < 0), 0, ${Math.max(0, size - 1)})`

interface Checked {
  readonly size: number
  readonly ignoreIndex: number | null
  /** What is told of the first other. */
  readonly owner: string
}

/** The indices themselves, where each is in [0, size) or is the one to ignore. */
export const checkIndices: NamedKernel<Checked> = (
  { label, inputs: [indices], outputs: [out], attrs: { size, ignoreIndex, owner } },
  context,
) => {
  if (sizeOf(out.shape) <= SHORT) return checkRange(owner, indices, [0, size], ignoreIndex, context, out)
  const shader = context.shader()
  const from = shader.array(context.place(indices.buffer), indices.dtype)
  const to = shader.array(context.place(out.buffer), out.dtype)
  return [
    ...checkRange(owner, indices, [0, size], ignoreIndex, context),
    ...forEachIndex(context, shader, label, [sizeOf(out.shape)], ['i'], to.set('i', from.get('i'))),
  ]
}
