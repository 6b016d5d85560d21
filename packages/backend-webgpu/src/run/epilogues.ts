import {
  contiguous,
  sizeOf,
  type Access,
  type Contraction,
  type LoopKernel,
  type Plan,
  type Step,
  type StepInfo,
} from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'
import type { Place, Places } from './place.ts'

/** A step, with the loop kernel that a contraction does on its results before they are written. */
export interface Joined {
  readonly step: Step
  readonly epilogue: Epilogue | null
}
export interface Epilogue {
  readonly loop: LoopKernel & StepInfo
  /** Whether anything else reads the results of the contraction. */
  readonly isRead: boolean
}

const overlaps = (a: Place, b: Place): boolean =>
  a.root === b.root && a.byteOffset < b.byteOffset + b.byteLength && b.byteOffset < a.byteOffset + a.byteLength
const touch = (some: readonly number[], others: readonly number[], places: Places): boolean =>
  some.some((a) => others.some((b) => overlaps(places[a], places[b])))

/** Whether two steps must stay in their order. */
function conflict(a: Step, b: Step, places: Places): boolean {
  const [x, y] = [accessOf(a), accessOf(b)]
  return touch(x.writes, y.reads, places) || touch(x.reads, y.writes, places) || touch(x.writes, y.writes, places)
}

/** Whether a loop takes elements of `buffer` in turn, and nothing else of it. */
function takesInTurn({ outer, inner, reads, phases }: LoopKernel, buffer: number): boolean {
  const strides = [...contiguous(outer), ...inner.map(() => 0)]
  const sizes = [...outer, ...inner]
  const isInTurn = (a: Access): boolean =>
    a.offset === 0 && a.strides.every((s, d) => sizes[d] === 1 || s === strides[d])
  const own = reads.filter((r) => r.buffer === buffer)
  const isPlain = sizeOf(inner) === 1 && phases.every((p) => p.reduce.length === 0)
  return own.length > 0 && isPlain && own.every(isInTurn)
}

/**
 * Joins contractions with a loop that goes over their results, so that those are in registers for it: the loop is moved
 * up where nothing in between minds. It must not write to what other invocations still read.
 * @param minds whether a step that can fail stands before a loop that writes variables, which must wait for it
 */
export function joinEpilogues(
  { steps, outputs, buffers }: Plan,
  places: Places,
  minds: (before: Step, loop: Step) => boolean,
): Joined[] {
  const taken = new Set<Step>()
  return steps.flatMap((step, i): Joined[] => {
    if (taken.has(step)) return []
    if (step.type !== 'contraction') return [{ step, epilogue: null }]
    const found = epilogueOf(step, steps.slice(i + 1), places, (before, loop) => minds(before, loop))
    if (!found) return [{ step, epilogue: null }]
    taken.add(found)
    const later = steps.slice(i + 1).filter((s) => s !== found)
    const lasts = buffers[step.out].kind === 'input' || outputs.some((o) => o.buffer === step.out)
    const isRead = lasts || later.some((s) => accessOf(s).reads.includes(step.out))
    return [{ step, epilogue: { loop: found, isRead } }]
  })
}

function epilogueOf(
  step: Contraction & StepInfo,
  later: readonly Step[],
  places: Places,
  minds: (before: Step, loop: Step) => boolean,
): (LoopKernel & StepInfo & { readonly type: 'loop' }) | null {
  const size = sizeOf(step.batch) * step.m * step.n
  for (const [j, loop] of later.entries()) {
    if (!accessOf(loop).reads.includes(step.out)) {
      // The results were written over.
      if (touch(accessOf(loop).writes, [step.out], places)) return null
      continue
    }
    if (loop.type !== 'loop' || sizeOf(loop.outer) !== size || !takesInTurn(loop, step.out)) return null
    const { writes, reads } = accessOf(loop)
    if (touch(writes, [step.a.buffer, step.b.buffer], places)) return null
    // What it reads beside the results must not lie where they are written.
    const others = reads.filter((b) => b !== step.out)
    if (touch(others, [step.out], places)) return null
    const between = later.slice(0, j)
    return between.some((s) => conflict(s, loop, places) || minds(s, loop)) ? null : loop
  }
  return null
}
