import { contiguous, sizeOf, type Access, type LoopKernel, type Plan, type Step, type StepInfo } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'
import type { KernelStep } from '../kernels/context.ts'
import { isSideBySide, type Windows } from '../kernels/pooling.ts'
import { overlaps } from '../wgsl/assemble.ts'
import type { Places } from './place.ts'

/** A step, with the loop kernel that it does on its results before they are written. */
export interface Joined {
  readonly step: Step
  readonly epilogue: Epilogue | null
  /** A kernel whose results a loop computes where it reads them. */
  readonly prologue: KernelStep | null
  /** Pooling of a convolution's results by windows side by side. */
  readonly pooling: KernelStep | null
}
export interface Epilogue {
  readonly loop: LoopKernel & StepInfo
  /** Whether anything else reads the results. */
  readonly isRead: boolean
}

/** Named kernels that do a loop on their results. */
const ABLE = ['convolution', 'convolutionWeightGradient']
/** The named kernel that loops do where they read its results. */
const BEFORE = 'maxPoolGradient'

interface Touched {
  readonly reads: readonly number[]
  readonly writes: readonly number[]
}
const touched = (joined: Joined): Touched => {
  const { pooling, step, epilogue, prologue } = joined
  if (pooling) {
    const [own, its] = [touched({ ...joined, pooling: null }), accessOf({ ...pooling, type: 'kernel' })]
    return { reads: [...own.reads, ...its.reads], writes: [...own.writes, ...its.writes] }
  }
  if (prologue) {
    const { reads, writes } = accessOf(step)
    return { reads: [...reads, ...prologue.inputs.map((x) => x.buffer)], writes }
  }
  if (!epilogue) return accessOf(step)
  const [own, its] = [accessOf(step), accessOf({ type: 'loop', ...epilogue.loop })]
  return { reads: [...own.reads, ...its.reads], writes: [...own.writes, ...its.writes] }
}

const touch = (some: readonly number[], others: readonly number[], places: Places): boolean =>
  some.some((a) => others.some((b) => overlaps(places[a], places[b])))

/** Whether two steps must stay in their order. */
const conflict = (x: Touched, y: Touched, places: Places): boolean =>
  touch(x.writes, y.reads, places) || touch(x.reads, y.writes, places) || touch(x.writes, y.writes, places)

/** Whether an access of a loop without inner indices goes over elements in turn. */
function inTurn({ outer, inner }: LoopKernel, { offset, strides }: Access): boolean {
  const wanted = [...contiguous(outer), ...inner.map(() => 0)]
  const sizes = [...outer, ...inner]
  return offset === 0 && strides.every((s, d) => sizes[d] === 1 || s === wanted[d])
}

/** Whether a loop takes elements of `buffer` in turn, and nothing else of it. */
function takesInTurn(loop: LoopKernel, buffer: number): boolean {
  const own = loop.reads.filter((r) => r.buffer === buffer)
  const isPlain = sizeOf(loop.inner) === 1 && loop.phases.every((p) => p.reduce.length === 0)
  return own.length > 0 && isPlain && own.every((a) => inTurn(loop, a))
}

/** The buffer of a step's results and how many there are, where it can do a loop on them. */
function resultOf(step: Step, plugins: Plugins): { readonly out: number; readonly size: number } | null {
  if (step.type === 'contraction') return { out: step.out, size: sizeOf(step.batch) * step.m * step.n }
  if (step.type !== 'kernel' || !ABLE.includes(step.name) || plugins.has(step.name)) return null
  const [{ buffer, shape }] = step.outputs
  return { out: buffer, size: sizeOf(shape) }
}

/** Kernels by op name that are not the backend's: they do nothing but their own. */
type Plugins = ReadonlyMap<string, unknown>

/**
 * Joins contractions and convolutions with a loop that goes over their results, so that those are in registers for it:
 * the loop is moved up, or the step down, where nothing in between minds.
 * @param minds whether a step that can fail stands before a loop that writes variables, which must wait for it
 */
export function joinEpilogues(
  { steps, outputs, buffers }: Plan,
  places: Places,
  minds: (before: Step, loop: Step) => boolean,
  plugins: Plugins,
): Joined[] {
  const list: Joined[] = steps.map((step) => ({ step, epilogue: null, prologue: null, pooling: null }))
  const access = list.map(touched)
  const lasts = (out: number): boolean => buffers[out].kind === 'input' || outputs.some((o) => o.buffer === out)
  for (let i = 0; i < list.length; i++) {
    const { step, epilogue } = list[i]
    const result = epilogue ? null : resultOf(step, plugins)
    if (!result) continue
    const { out, size } = result
    const j = loopOf(list, access, i, out, size, places)
    if (j < 0) continue
    const loop = list[j].step as LoopKernel & StepInfo & { readonly type: 'loop' }
    const between = list.slice(i + 1, j).map((_, k) => i + 1 + k)
    const isUp = between.every((k) => !conflict(access[k], access[j], places) && !minds(list[k].step, loop))
    const isDown = !isUp && between.every((k) => !conflict(access[i], access[k], places))
    if (!isUp && !isDown) continue
    const isRead = lasts(out) || list.some((_, k) => k > i && k !== j && access[k].reads.includes(out))
    const joined: Joined = { step, epilogue: { loop, isRead }, prologue: null, pooling: null }
    const to = isUp ? i : j
    const gone = isUp ? j : i
    list[to] = joined
    access[to] = touched(joined)
    list.splice(gone, 1)
    access.splice(gone, 1)
    // What has come to this position is next.
    if (isDown) i--
  }
  for (let i = 0; i < list.length; i++) {
    const j = poolingOf(list, access, i, places, plugins)
    if (j < 0) continue
    list[i] = { ...list[i], pooling: list[j].step as KernelStep }
    access[i] = touched(list[i])
    list.splice(j, 1)
    access.splice(j, 1)
  }
  for (let i = 0; i < list.length; i++) {
    const { step } = list[i]
    if (step.type !== 'kernel' || step.name !== BEFORE || plugins.has(BEFORE) || lasts(step.outputs[0].buffer)) continue
    const j = readerOf(list, access, i, step, places)
    if (j < 0) continue
    list[j] = { ...list[j], prologue: step }
    access[j] = touched(list[j])
    list.splice(i, 1)
    access.splice(i--, 1)
  }
  return list
}

/** The position of the first step that reads the results of convolution i, if it pools planes by windows side by side
 * and can be moved up to it. */
function poolingOf(
  list: readonly Joined[],
  access: readonly Touched[],
  i: number,
  places: Places,
  plugins: Plugins,
): number {
  const { step, epilogue } = list[i]
  if (plugins.has('convolution') || plugins.has('maxPool')) return -1
  if (step.type !== 'kernel' || step.name !== 'convolution' || step.outputs[0].shape.length !== 4) return -1
  const writes = epilogue?.loop.phases.flatMap((p) => p.write) ?? []
  const isInTurn = writes.every(({ access: a }) => inTurn(epilogue!.loop, a))
  const result = epilogue ? (writes.length === 1 && isInTurn ? writes[0].access.buffer : -1) : step.outputs[0].buffer
  const j = list.findIndex((_, k) => k > i && access[k].reads.includes(result))
  const pool = list[j]?.step
  if (pool?.type !== 'kernel' || pool.name !== 'maxPool' || !isSideBySide(pool.attrs as Windows)) return -1
  const isFree = access.slice(i + 1, j).every((other) => !conflict(other, access[j], places))
  return isFree && !touch(access[j].writes, [...access[i].reads, ...access[i].writes], places) ? j : -1
}

/** The position of the loop that alone reads what kernel i computes, each element once, if that can be computed
 * there. */
function readerOf(
  list: readonly Joined[],
  access: readonly Touched[],
  i: number,
  { outputs: [{ buffer, shape }], inputs }: KernelStep,
  places: Places,
): number {
  const readers = list.flatMap((_, k) => (k > i && access[k].reads.includes(buffer) ? [k] : []))
  const [j] = readers
  const loop = list[j]?.step
  if (readers.length !== 1 || loop.type !== 'loop' || list[j].prologue) return -1
  const which = loop.reads.flatMap((r, k) => (r.buffer === buffer ? [k] : []))
  const count = loop.phases
    .flatMap((p) => p.code)
    .filter((c) => c.op === 'read' && which.includes((c as { readonly read: number }).read)).length
  const isOnce = count === 1 && sizeOf(loop.outer) * sizeOf(loop.inner) === sizeOf(shape)
  const own = inputs.map((x) => x.buffer)
  const isFree = access.slice(i + 1, j).every((other) => !conflict(access[i], other, places))
  return isOnce && isFree && !touch(access[j].writes, own, places) ? j : -1
}

/** The position of the first step that reads what step i computes, if it is a loop that can be done on it: it must not
 * write to what other invocations still read. */
function loopOf(
  list: readonly Joined[],
  access: readonly Touched[],
  i: number,
  out: number,
  size: number,
  places: Places,
): number {
  for (let j = i + 1; j < list.length; j++) {
    const { reads, writes } = access[j]
    if (!reads.includes(out)) {
      // The results were written over.
      if (touch(writes, [out], places)) return -1
      continue
    }
    const { step, epilogue } = list[j]
    if (epilogue || step.type !== 'loop') return -1
    const isAlong = sizeOf(step.outer) === size && takesInTurn(step, out)
    // What it reads beside the results must not lie where they are written.
    const others = reads.filter((b) => b !== out)
    const isApart = !touch(writes, access[i].reads, places) && !touch(others, [out], places)
    return isAlong && isApart ? j : -1
  }
  return -1
}
