import { apply, defineOp, type Op, type Policy, SettingError, Tensor } from '@gradloom/core'
import { checkPolicy, leavesOf, type Mark, marked, present, settings } from '@gradloom/core/extend'
import { choosing } from './policies/choices.ts'

/** Its input, as a segment of its own. */
const markOp: Op = defineOp({
  name: 'checkpoint',
  promotion: 'none',
  marksInput: true,
  expr: ([x]) => x,
  vjp: ({ cotangents: [g] }) => [g],
})

/** Computes again whatever it is asked about. */
export const always: Policy = choosing('always', () => 'mustRecompute')

export interface SegmentOptions {
  /** Which values of the segment are computed again; all of them where absent. */
  readonly policy?: Policy
}

/** @throws NameError for an unknown setting, SettingError for what is no policy */
export function markOf(owner: string, options: SegmentOptions | undefined): Mark {
  const { policy } = settings<Required<SegmentOptions>>(owner, options, { policy: always }, checkPolicy)
  return { policy }
}

/** The value, which a mark is asked about. */
export const markedTensor = (mark: Mark, t: Tensor): Tensor => marked(mark, () => apply(markOp, [t]))

/** What `fn` builds, which a mark is asked about. @throws SettingError where it gives no tensor */
export function markedCall<R>(owner: string, mark: Mark, fn: () => R): R {
  const result = present(owner, marked(mark, fn))
  if (!tensorsOf(result).length)
    throw new SettingError(
      `${owner}: a function that returns a tensor, or tensors in lists and records, required, ` +
        `got one that returns ${typeof result}`,
    )
  return result
}

/** The tensors of a structure. */
export function tensorsOf(value: unknown): Tensor[] {
  if (value instanceof Tensor) return [value]
  if (typeof value !== 'object' || value === null) return []
  return leavesOf(value as never, 'checkpoint').flatMap(([, leaf]) => (leaf instanceof Tensor ? [leaf] : []))
}
