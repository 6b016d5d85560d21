import { sizeOf, type DType } from '@gradloom/core'
import { threadsOf } from '../device/limits.ts'
import type { KernelContext } from '../kernels/context.ts'
import type { Tuning } from '../kernels/tuning.ts'
import type { Dispatch } from '../run/dispatch.ts'
import type { Shader } from '../wgsl/shader.ts'
import { unravel } from '../wgsl/text.ts'
import { declared } from './accumulator.ts'
import { innerName, type LoopText } from './emit.ts'
import type { Space } from './space.ts'
import { treeOf } from './tree.ts'

/** Elements that a lane takes at least. */
const LEAST = 8
/** Invocations of a workgroup that combines parts. */
const COMBINING = 64

const DTYPES: Readonly<Record<string, DType>> = { f32: 'float32', i32: 'int32', u32: 'uint32', bool: 'bool' }

/** Whether a kernel reduces in its first phase, and does nothing over inner elements but that. */
export const canBeCut = ({ phases: [first, ...others] }: Space): boolean =>
  first.reduce.length > 0 && first.write.length === 0 && others.every((p) => p.over === 'outer')

/** How many parts the inner elements are cut into, where `lanes` take those of a result: one where another kernel costs
 * more than the adapter's idling. */
export function partsOf(count: number, length: number, lanes: number, { waiting, load, dispatch }: Tuning): number {
  const wanted = Math.ceil(waiting / (count * lanes))
  const parts = Math.min(wanted, Math.floor(length / (lanes * LEAST)))
  const saved = (length / lanes) * load * Math.max(0, waiting - count * lanes)
  return parts > 1 && saved > dispatch ? parts : 1
}

/** A reduction of many elements to few results: parts of the elements, each by lanes of its own, and then the parts, by
 * a workgroup a result, which does what comes behind. @param lanes that take a part together */
export function inParts(
  space: Space,
  textOf: (shader: Shader) => LoopText,
  context: KernelContext,
  parts: number,
  lanes: number,
): Dispatch[] {
  const isShared = lanes > 1
  const threads = isShared ? lanes : threadsOf(context.limits, COMBINING)
  const count = sizeOf(space.outer)
  const length = sizeOf(space.inner)
  const each = Math.ceil(length / parts)
  const gathering = context.shader()
  const text = textOf(gathering)
  const accumulators = text.accumulators(0)
  const state = accumulators.flatMap((a) => a.state)
  const kept = state.map(({ type }) => ({ buffer: context.scratch(4 * count * parts), dtype: DTYPES[type] }))
  const [first, step] = isShared ? ['begin + lane', threads] : ['begin', 1]
  const tree = isShared ? treeOf(accumulators, threads) : null
  const keep = state.map(({ name }, i) => gathering.of(kept[i]).set(`i32(result * ${parts}u + part)`, name)).join(' ')
  const gather = `${isShared ? '' : `if (thread >= ${count * parts}u) { return; }`}
let part = ${isShared ? `group % ${parts}u` : `thread / ${count}u`};
let result = ${isShared ? `group / ${parts}u` : `thread % ${count}u`};
${text.enter('result')}
${declared(state)}
let begin = part * ${each}u;
for (var at = ${first}; at < min(begin + ${each}u, ${length}u); at += ${step}u) {
${unravel('at', space.inner, innerName)}
${text.body(0)}
}
${tree ? `${tree.text}\nif (lane == 0u) { ${keep} }` : keep}`
  return [
    gathering.finish({
      ...(tree && { declarations: tree.declarations.join('\n'), memory: 4 * threads * state.length }),
      body: gather,
      threads,
      workgroups: isShared ? count * parts : Math.ceil((count * parts) / threads),
    }),
    combined(space, textOf, context, kept, parts),
  ]
}

function combined(
  { phases, outer }: Space,
  textOf: (shader: Shader) => LoopText,
  context: KernelContext,
  kept: readonly { readonly buffer: number; readonly dtype: DType }[],
  parts: number,
): Dispatch {
  const shader = context.shader()
  const text = textOf(shader)
  const accumulators = text.accumulators(0)
  const state = accumulators.flatMap((a) => a.state)
  const room = context.limits.maxComputeWorkgroupStorageSize / 4 / state.length
  const threads = threadsOf(context.limits, Math.min(COMBINING, room))
  const tree = treeOf(accumulators, threads)
  const at = `i32(group) * ${parts} + i32(part)`
  const body = `${text.enter('group')}
${declared(state)}
for (var part = lane; part < ${parts}u; part += ${threads}u) {
${state.map(({ name }, i) => `let x${name} = ${shader.of(kept[i]).get(at)};`).join('\n')}
${accumulators.map((a) => a.combine('x')).join('\n')}
}
${tree.text}
${text.results(0)}
${phases.map((_, k) => (k ? `if (lane == 0u) { ${text.body(k)} }\nstorageBarrier();` : '')).join('\n')}`
  return shader.finish({
    declarations: tree.declarations.join('\n'),
    memory: 4 * threads * state.length,
    body,
    threads,
    workgroups: sizeOf(outer),
  })
}
