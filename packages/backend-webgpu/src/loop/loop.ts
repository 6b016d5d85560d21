import { sizeOf, type LoopKernel, type StepInfo } from '@gradloom/core'
import { threadsOf } from '../device/limits.ts'
import type { Dispatch } from '../run/dispatch.ts'
import type { Call, KernelContext } from '../kernels/context.ts'
import { maxPoolGradientRead, type Windows } from '../kernels/pooling.ts'
import type { Tuning } from '../kernels/tuning.ts'
import type { ShaderParts } from '../wgsl/draft.ts'
import type { Shader } from '../wgsl/shader.ts'
import { loops, unravel } from '../wgsl/text.ts'
import { declared, type Variable } from './accumulator.ts'
import { innerName, loopText, type LoopText } from './emit.ts'
import { canBeCut, inParts, partsOf } from './parts.ts'
import { spaceOf, type Space } from './space.ts'
import { treeOf } from './tree.ts'

/** Invocations of a workgroup where each has an outer index of its own. */
const INDEPENDENT = 64
/** Those that share one outer index: few where rows are short. */
const SHARED = 256
/** Inner elements from which a workgroup reduces together. */
const LONG = 64

/** A loop kernel as a shader: an outer index for each invocation, or for each workgroup, which then shares the inner
 * indices. */
export function loopDispatches(kernel: LoopKernel & StepInfo, context: KernelContext): Dispatch[] {
  const space = spaceOf(kernel)
  const count = sizeOf(space.outer)
  if (count === 0) return []
  const before = context.prologue
  const textOf = (shader: Shader, given: ReturnType<typeof maxPoolGradientRead> | null = null): LoopText => {
    const isGiven = (buffer: number): boolean => given !== null && buffer === before!.outputs[0].buffer
    const reads = kernel.reads.map((r) => (isGiven(r.buffer) ? given!.array : shader.of(r)))
    const writes = kernel.phases.flatMap((p) => p.write.map(({ access }) => shader.of(access)))
    return loopText(space, { reads, writes })
  }
  const length = sizeOf(space.inner)
  const shader = context.shader()
  const given = before && maxPoolGradientRead(before as Call<Windows>, shader)
  const functions = given?.declarations ?? ''
  const text = textOf(shader, given)
  const slots = space.phases.flatMap((_, k) => states(text, k)).length
  const room = context.limits.maxComputeWorkgroupStorageSize / 4 / Math.max(1, slots)
  const together = threadsOf(context.limits, Math.min(room, length >= 4 * SHARED ? SHARED : INDEPENDENT))
  const isTogether = isShared(space, count, context.tuning)
  if (!before && canBeCut(space)) {
    const lanes = isTogether && !(count >= together && isReadAcross(space)) ? together : 1
    const parts = partsOf(count, length, lanes, context.tuning)
    if (parts > 1) return inParts(space, textOf, context, parts, lanes)
  }
  if (isTogether) {
    const { declarations, ...shared } = sharedBody(space, text, together)
    const all = `${declarations}\n${functions}`
    return [shader.finish({ ...shared, declarations: all, threads: together, workgroups: count })]
  }
  const threads = threadsOf(context.limits, INDEPENDENT)
  const body = [`if (thread >= ${count}u) { return; }`, text.enter('thread'), ownBody(space, text)].join('\n')
  const workgroups = Math.ceil(count / threads)
  return [shader.finish({ declarations: functions, body, threads, workgroups })]
}

/** Whether more reads have neighbours along outer indices than along inner ones. */
const isReadAcross = (space: Space): boolean => readsAlong(space, 'outer') > readsAlong(space, 'inner')

/** Reads that have neighbours along the last of some indices. */
function readsAlong({ phases, affines }: Space, indices: 'outer' | 'inner'): number {
  const steps = phases.flatMap((p) => p.code.flatMap((i, k) => (i.op === 'read' ? [affines[p.affine[k]]] : [])))
  return steps.filter((a) => Math.abs(a[indices].at(-1) ?? 0) === 1).length
}

/** Whether workgroups shall reduce together: where rows are long, and threads side by side would not read side by side
 * with enough of them to go around. */
function isShared(space: Space, count: number, { invocations, alone }: Tuning): boolean {
  const { inner, phases } = space
  const reduces = phases.some((p) => p.reduce.length > 0)
  if (!reduces || sizeOf(inner) < LONG) return false
  if (count < invocations || count >= alone) return count < invocations
  return readsAlong(space, 'inner') > readsAlong(space, 'outer')
}

const states = (text: LoopText, k: number): readonly Variable[] => text.accumulators(k).flatMap((a) => a.state)

/** Phases of one invocation. */
function ownBody({ inner, phases }: Space, text: LoopText): string {
  return phases
    .map(({ over }, k) => {
      const body = text.body(k)
      const nested =
        over === 'outer'
          ? `{ ${body} }`
          : loops(
              inner,
              inner.map((_, d) => innerName(d)),
              `{ ${body} }`,
            )
      return [declared(states(text, k)), nested, text.results(k)].join('\n')
    })
    .join('\n')
}

/** Phases of a workgroup. Reductions meet in its memory, as a tree whose shape depends on nothing but sizes. */
function sharedBody(
  { inner, phases }: Space,
  text: LoopText,
  threads: number,
): Pick<ShaderParts, 'body' | 'memory'> & { readonly declarations: string } {
  const declarations: string[] = []
  const parts = phases.map(({ over, reduce }, k) => {
    const body = text.body(k)
    if (over === 'outer') return `if (lane == 0u) { ${body} }\nstorageBarrier();`
    const loop = `for (var at = lane; at < ${sizeOf(inner)}u; at += ${threads}u) {
${unravel('at', inner, innerName)}
${body}
}`
    if (!reduce.length) return `${loop}\nstorageBarrier();`
    const tree = treeOf(text.accumulators(k), threads)
    declarations.push(...tree.declarations)
    return `${declared(states(text, k))}
${loop}
${tree.text}
${text.results(k)}
storageBarrier();`
  })
  const body = [text.enter('group'), ...parts].join('\n')
  return { declarations: declarations.join('\n'), body, memory: 4 * threads * declarations.length }
}
