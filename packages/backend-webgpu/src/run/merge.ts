import type { KernelLimits } from '../device/limits.ts'
import { assembled, overlaps } from '../wgsl/assemble.ts'
import type { Bound } from '../wgsl/accessors.ts'
import type { Draft } from '../wgsl/draft.ts'
import type { Library } from '../wgsl/library.ts'
import type { Dispatch } from './dispatch.ts'

/** Characters of a shader up to which others are added to it: adapters compile each by itself, and side by side. */
const LONGEST = 50_000
/** What the workgroups of a shader may step over of each other's kernels, all together: an adapter in software masks
 * what a workgroup does not do, and takes a nanosecond for each of its characters and for some thousand more. */
const MOST_SKIPPED = 5.4e6
const SKIPPED = 3000

/** Whether a kernel must stay behind another. */
function follows(later: Draft, earlier: Draft): boolean {
  const writes = ({ bound }: Draft): readonly Bound[] => bound.filter((b) => b.isWritten)
  const touch = (some: readonly Bound[], others: readonly Bound[]): boolean =>
    some.some((a) => others.some((b) => overlaps(a, b)))
  const usesControl = (d: Draft): boolean => Boolean(d.reports) || d.guards.length > 0
  const tells = (later.reports || earlier.reports) && usesControl(later) && usesControl(earlier)
  return touch(later.bound, writes(earlier)) || touch(writes(later), earlier.bound) || Boolean(tells)
}

const followsAny = (later: Dispatch, earlier: Dispatch): boolean =>
  later.drafts.some((a) => earlier.drafts.some((b) => follows(a, b)))

/** Dispatches with as few kernels in a row as they allow: one that waits for none of the last ones is done beside an
 * earlier one, by further workgroups. */
export function merged(list: readonly Dispatch[], limits: KernelLimits, library: Library): Dispatch[] {
  const done: Dispatch[] = []
  for (const dispatch of list) {
    let at = done.length
    while (at > 0 && !followsAny(dispatch, done[at - 1])) at--
    const found = done.slice(at).flatMap((other, i) => {
      const both = beside(other, dispatch, limits, library)
      return both ? [{ i: at + i, both }] : []
    })[0]
    if (found) done[found.i] = found.both
    else done.push(dispatch)
  }
  return done
}

/** Two dispatches as one, null where they cannot be. */
function beside(a: Dispatch, b: Dispatch, limits: KernelLimits, library: Library): Dispatch | null {
  const drafts = [...a.drafts, ...b.drafts]
  const isMoving = drafts.some((d) => d.bases.length > 0)
  const isAlike = drafts.every((d) => d.threads === drafts[0].threads)
  const isOwn = drafts.every((d) => d.source === undefined)
  if (isMoving || !isAlike || !isOwn || a.code.length + b.code.length > LONGEST) return null
  const workgroups = a.workgroups + b.workgroups
  const skipped = drafts.reduce((sum, d) => sum + (SKIPPED + d.body.length) * (workgroups - d.workgroups), 0)
  if (skipped > MOST_SKIPPED) return null
  const memory = drafts.reduce((sum, d) => sum + (d.memory ?? 0), 0)
  if (memory > limits.maxComputeWorkgroupStorageSize) return null
  return assembled(drafts, limits, library)
}
