import { sizeOf, type LoopKernel, type StepInfo } from '@gradloom/core'
import { threadsOf } from '../device/limits.ts'
import type { Dispatch } from '../run/dispatch.ts'
import type { Call, KernelContext } from '../kernels/context.ts'
import { maxPoolGradientRead, type Windows } from '../kernels/pooling.ts'
import type { Tuning } from '../kernels/tuning.ts'
import { loops, unravel } from '../wgsl/text.ts'
import { declared, type Variable } from './accumulator.ts'
import { innerName, loopText, type LoopText } from './emit.ts'
import { spaceOf, type Space } from './space.ts'

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
  const shader = context.shader()
  const before = context.prologue
  const given = before && maxPoolGradientRead(before as Call<Windows>, shader)
  const reads = kernel.reads.map((r) => (given && r.buffer === before!.outputs[0].buffer ? given.array : shader.of(r)))
  const writes = kernel.phases.flatMap((p) => p.write.map(({ access }) => shader.of(access)))
  const text = loopText(space, { reads, writes })
  const functions = given?.declarations ?? ''
  if (isShared(space, count, context.tuning)) {
    const slots = space.phases.map((_, k) => states(text, k).length)
    const room = context.limits.maxComputeWorkgroupStorageSize / 4 / Math.max(1, ...slots)
    const length = sizeOf(space.inner)
    const threads = threadsOf(context.limits, Math.min(room, length >= 4 * SHARED ? SHARED : INDEPENDENT))
    const { declarations, body } = sharedBody(space, text, threads)
    return [shader.finish({ declarations: `${declarations}\n${functions}`, body, threads, workgroups: count })]
  }
  const threads = threadsOf(context.limits, INDEPENDENT)
  const body = [`if (thread >= ${count}u) { return; }`, text.enter('thread'), ownBody(space, text)].join('\n')
  const workgroups = Math.ceil(count / threads)
  return [shader.finish({ declarations: functions, body, threads, workgroups })]
}

/** Whether workgroups shall reduce together: where rows are long, and threads side by side would not read side by side
 * with enough of them to go around. */
function isShared({ inner, phases, affines }: Space, count: number, { invocations, alone }: Tuning): boolean {
  const reduces = phases.some((p) => p.reduce.length > 0)
  if (!reduces || sizeOf(inner) < LONG) return false
  if (count < invocations || count >= alone) return count < invocations
  const steps = phases.flatMap((p) => p.code.flatMap((i, k) => (i.op === 'read' ? [affines[p.affine[k]]] : [])))
  const along = steps.filter((a) => Math.abs(a.inner.at(-1) ?? 0) === 1).length
  const across = steps.filter((a) => Math.abs(a.outer.at(-1) ?? 0) === 1).length
  return along > across
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
function sharedBody({ inner, phases }: Space, text: LoopText, threads: number): { declarations: string; body: string } {
  const declarations: string[] = []
  const parts = phases.map(({ over, reduce }, k) => {
    const body = text.body(k)
    if (over === 'outer') return `if (lane == 0u) { ${body} }\nstorageBarrier();`
    const loop = `for (var at = lane; at < ${sizeOf(inner)}u; at += ${threads}u) {
${unravel('at', inner, innerName)}
${body}
}`
    if (!reduce.length) return `${loop}\nstorageBarrier();`
    const all = states(text, k)
    for (const { name, type } of all) declarations.push(`var<workgroup> w${name}: array<${type}, ${threads}>;`)
    const store = all.map(({ name }) => `w${name}[lane] = ${name};`).join(' ')
    const fetch = all.map(({ name }) => `let x${name} = w${name}[lane + step];`).join(' ')
    const combine = text
      .accumulators(k)
      .map((a) => a.combine('x'))
      .join(' ')
    const broadcast = all.map(({ name }) => `${name} = w${name}[0];`).join(' ')
    return `${declared(states(text, k))}
${loop}
${store}
workgroupBarrier();
for (var step = ${threads / 2}u; step > 0u; step = step >> 1u) {
if (lane < step) { ${fetch} ${combine} ${store} }
workgroupBarrier();
}
${broadcast}
${text.results(k)}
storageBarrier();`
  })
  return { declarations: declarations.join('\n'), body: [text.enter('group'), ...parts].join('\n') }
}
