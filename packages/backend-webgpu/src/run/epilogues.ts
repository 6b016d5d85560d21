import { contiguous, sizeOf, type Access, type LoopKernel, type Plan, type Step, type StepInfo } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'
import type { KernelStep } from '../kernels/context.ts'
import type { BufferOf } from '../wgsl/shader.ts'
import { isSideBySide, type Windows } from '../kernels/pooling.ts'
import { overlaps } from '../wgsl/assemble.ts'
import type { Places } from './place.ts'

/** A step, with the loop kernels that it does on its results before they are written. */
export interface Joined {
  readonly step: Step
  /** Each on what the one before writes. */
  readonly epilogues: readonly Epilogue[]
  /** A kernel whose results a loop computes where it reads them. */
  readonly prologue: KernelStep | null
  /** Pooling of a convolution's results by windows side by side. */
  readonly pooling: KernelStep | null
}
export interface Epilogue {
  readonly loop: LoopKernel & StepInfo
  /** The results that it takes. */
  readonly of: BufferOf
  /** Whether anything else reads them. */
  readonly isRead: boolean
}

/** Named kernels that do a loop on their results. */
const ABLE = ['convolution', 'convolutionWeightGradient', 'attention']
/** The named kernel that loops do where they read its results. */
const BEFORE = 'maxPoolGradient'

interface Touched {
  readonly reads: readonly number[]
  readonly writes: readonly number[]
}
const touched = ({ step, epilogues, prologue, pooling }: Joined): Touched => {
  const all = [
    accessOf(step),
    ...epilogues.map(({ loop }) => accessOf({ type: 'loop', ...loop })),
    ...(pooling ? [accessOf({ ...pooling, type: 'kernel' })] : []),
  ]
  // What stays in registers is nobody's.
  const isInMemory = (buffer: number): boolean => epilogues.every((e) => e.isRead || e.of.buffer !== buffer)
  return {
    reads: [...all.flatMap((x) => x.reads), ...(prologue?.inputs.map((x) => x.buffer) ?? [])].filter(isInMemory),
    writes: all.flatMap((x) => x.writes).filter(isInMemory),
  }
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

/** Whether an access of a loop is to each element of an array once, in whatever order of axes. */
function toEach({ outer, inner }: LoopKernel, { offset, strides }: Access): boolean {
  const axes = [...outer, ...inner].flatMap((size, d) => (size === 1 ? [] : [{ size, stride: strides[d] }]))
  const sorted = axes.sort((x, y) => y.stride - x.stride)
  const wanted = contiguous(sorted.map((x) => x.size))
  return offset === 0 && sorted.every(({ stride }, d) => stride === wanted[d])
}

/** How a loop takes elements of `buffer`, where it takes each once, and nothing else of it. */
function takenBy(loop: LoopKernel, buffer: number): Access | null {
  const [first, ...others] = loop.reads.filter((r) => r.buffer === buffer)
  const isPlain = sizeOf(loop.inner) === 1 && loop.phases.every((p) => p.reduce.length === 0)
  const isAlike = others.every(({ offset, strides }) => offset === 0 && strides.join() === first.strides.join())
  return first && isPlain && isAlike && toEach(loop, first) ? first : null
}

/** The results of a step, where it can do a loop on them. */
function resultOf({ step, epilogues }: Joined, plugins: Plugins): (BufferOf & { readonly size: number }) | null {
  const last = epilogues.at(-1)
  if (last) {
    const [write, ...more] = last.loop.phases.flatMap((p) => p.write)
    return more.length === 0 && toEach(last.loop, write.access)
      ? { ...write.access, size: sizeOf(last.loop.outer) }
      : null
  }
  if (step.type === 'contraction')
    return { buffer: step.out, dtype: step.dtype, size: sizeOf(step.batch) * step.m * step.n }
  if (step.type !== 'kernel' || !ABLE.includes(step.name) || plugins.has(step.name)) return null
  const [{ buffer, dtype, shape }] = step.outputs
  return { buffer, dtype, size: sizeOf(shape) }
}

/** Kernels by op name that are not the backend's: they do nothing but their own. */
type Plugins = ReadonlyMap<string, unknown>

/**
 * Joins contractions, convolutions and attention with the loops that go over their results, so that those are in
 * registers for them: a loop is moved up, or the step down, where nothing in between minds.
 * @param minds whether a step that can fail stands before a loop that writes variables, which must wait for it
 */
export function joinEpilogues(
  { steps, outputs, buffers }: Plan,
  places: Places,
  minds: (before: Step, loop: Step) => boolean,
  plugins: Plugins,
): Joined[] {
  const list: Joined[] = steps.map((step) => ({ step, epilogues: [], prologue: null, pooling: null }))
  const access = list.map(touched)
  const lasts = (out: number): boolean => buffers[out].kind === 'input' || outputs.some((o) => o.buffer === out)
  for (let i = 0; i < list.length; i++) {
    const result = resultOf(list[i], plugins)
    if (!result) continue
    const { buffer, dtype, size } = result
    const j = loopOf(list, access, i, buffer, size, places)
    if (j < 0) continue
    const loop = list[j].step as LoopKernel & StepInfo & { readonly type: 'loop' }
    const between = list.slice(i + 1, j).map((_, k) => i + 1 + k)
    const isUp = between.every((k) => !conflict(access[k], access[j], places) && !minds(list[k].step, loop))
    const isDown = !isUp && between.every((k) => !conflict(access[i], access[k], places))
    if (!isUp && !isDown) continue
    const isRead = lasts(buffer) || list.some((_, k) => k > i && k !== j && access[k].reads.includes(buffer))
    const joined = { ...list[i], epilogues: [...list[i].epilogues, { loop, of: { buffer, dtype }, isRead }] }
    const to = isUp ? i : j
    const gone = isUp ? j : i
    list[to] = joined
    access[to] = touched(joined)
    list.splice(gone, 1)
    access.splice(gone, 1)
    // What is at this position now is next.
    i--
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
  const { step, epilogues } = list[i]
  if (plugins.has('convolution') || plugins.has('maxPool')) return -1
  if (step.type !== 'kernel' || step.name !== 'convolution' || step.outputs[0].shape.length !== 4) return -1
  const last = epilogues.at(-1)?.loop
  const writes = last?.phases.flatMap((p) => p.write) ?? []
  const isInTurn = writes.every(({ access: a }) => inTurn(last!, a))
  const result = last ? (writes.length === 1 && isInTurn ? writes[0].access.buffer : -1) : step.outputs[0].buffer
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
    const { step } = list[j]
    const taken = step.type === 'loop' && sizeOf(step.outer) === size ? takenBy(step, out) : null
    if (!taken) return -1
    // What it reads beside the results must not lie where they are written.
    const others = reads.filter((b) => b !== out)
    const isApart = !touch(writes, access[i].reads, places) && !touch(others, [out], places)
    const isOnItself = !inTurn(step as LoopKernel, taken) && touch(writes, [out, ...access[i].writes], places)
    return isApart && !isOnItself ? j : -1
  }
  return -1
}
