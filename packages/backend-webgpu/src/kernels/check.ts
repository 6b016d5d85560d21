import { IndexError, sizeOf, type KernelArgument } from '@gradloom/core'
import { threadsOf } from '../device/limits.ts'
import type { Dispatch } from '../run/dispatch.ts'
import { FAULT } from '../run/fault.ts'
import type { ArrayAccess } from '../wgsl/shader.ts'
import { copied, type KernelContext, type NamedKernel } from './context.ts'

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
  const read = shader.of(indices)
  const copy = copyTo ? shader.of(copyTo).set('i32(i)', 'index') : ''
  const threads = threadsOf(context.limits, THREADS)
  const isMeant = ignored === null ? '' : ` && i32(index) != ${ignored}`
  const declarations = `var<workgroup> firsts: array<u32, ${threads}>;`
  const body = `var first = ${count}u;
for (var i = select(lane, ${count}u, isStopped); i < ${count}u; i += ${threads}u) {
let index = ${read.get('i32(i)')};
${copy}
if ((i32(index) < ${low} || i32(index) >= ${high})${isMeant}) { first = min(first, i); }
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
  return [shader.finish({ declarations, body, threads, workgroups: 1, memory: 4 * threads, reports: true })]
}

/** The row of an axis that the index at `place` means; negative ones count from the end. What is out of range is
 * reported apart, and kept within here. */
export const rowAt = (indices: ArrayAccess, place: string, size: number): string =>
  `f_row(i32(${indices.get(place)}), ${size})`

interface Checked {
  readonly size: number
  readonly ignoreIndex: number | null
  /** What is told of the first other. */
  readonly owner: string
}

/** The indices themselves, where each is in [0, size) or is the one to ignore. */
export const checkIndices: NamedKernel<Checked> = (
  { inputs: [indices], outputs: [out], attrs: { size, ignoreIndex, owner } },
  context,
) => {
  const isShort = sizeOf(out.shape) <= SHORT
  const check = checkRange(owner, indices, [0, size], ignoreIndex, context, isShort ? out : null)
  return isShort ? check : [...check, ...copied(indices, out, context)]
}
