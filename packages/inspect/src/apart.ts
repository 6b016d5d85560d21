import type { Apart, Plan } from '@gradloom/core'

/** Why two loops are not one, in words. */
const REASONS: { readonly [A in Apart]: string } = {
  space: 'goes over other indices than the loop that it reads',
  axes: 'reduces over other axes than the loop that it reads',
  elements: 'reads more of a value than the element that the loop before has in turn',
  rows: 'there are too few rows to share out for several passes over each',
  sums: 'its sums would be added up in another order',
  size: 'one kernel would have too many instructions',
  buffers: 'one kernel would bind too many buffers',
  terms: 'terms of a sum are added as they come, a few at a time',
  merge: 'the loops that it reads cannot be one themselves',
  backend: 'another backend runs what it reads, or this one computes op by op',
}

/** Why a step is one of its own, and not part of one before it.
 * @param sources the steps whose results it reads */
export function apartOf({ steps }: Plan, step: number, sources: readonly number[]): string {
  const { type, apart } = steps[step]
  if (type === 'contraction') return 'a product is a kernel of its own'
  if (type === 'kernel') return 'it has a kernel of its own'
  if (type !== 'loop') return 'it runs a plan of its own'
  if (apart) return REASONS[apart]
  if (steps[step].pass === 'recompute') return 'it is computed again, when the backward pass needs it'
  if (!sources.length) return 'it reads nothing that is computed here'
  return sources.every((s) => steps[s].type === 'loop')
    ? 'it copies, or is a region of a value'
    : 'what it reads last comes from a kernel that is no loop'
}
