import type { Nested, Plan } from '@gradloom/core'
import { wordBytes } from '../device/words.ts'

/** Which of a run's buffers a value lies in: the arena, or an input of the plan. */
export type Root = number
export const ARENA: Root = -1

/** Where the elements of a plan's buffer lie. */
export interface Place {
  readonly root: Root
  readonly byteOffset: number
  /** Bytes to bind from there. */
  readonly byteLength: number
  /** Elements from there to its first one, by the positions of the loops around it; null where that is 0. */
  readonly base: ((positions: readonly number[]) => number) | null
  /** Whether any step of the run writes to the root. */
  readonly isWritable: boolean
  /** It has no elements: nothing is bound for it. */
  readonly isEmpty?: boolean
}

/** The places of a plan's buffers. */
export type Places = readonly Place[]

export const placesOf = ({ buffers, inputs }: Plan): Places =>
  buffers.map((b) => ({
    root: b.kind === 'arena' ? ARENA : b.input,
    byteOffset: b.kind === 'arena' ? b.byteOffset : 0,
    byteLength: wordBytes(b.size, b.dtype),
    base: null,
    isWritable: b.kind === 'arena' || inputs[b.input].written,
    isEmpty: b.size === 0,
  }))

/** The places of a nested plan's buffers. `depth`: how many loops lie around it. Only a loop moves what lies in parts
 * of a buffer, so that a branch counts as one at position 0. */
export function nestedPlaces({ plan, places, arena }: Nested, outer: Places, depth: number): Places {
  return plan.buffers.map((b): Place => {
    if (b.kind === 'arena') {
      const around = outer[arena]
      const byteLength = wordBytes(b.size, b.dtype)
      return { ...around, byteOffset: around.byteOffset + b.byteOffset, byteLength, isEmpty: b.size === 0 }
    }
    const { buffer, first, count } = places[b.input]
    const around = outer[buffer]
    if (count === 1) return around
    const { base } = around
    return {
      ...around,
      base: (positions) => (base ? base(positions) : 0) + b.size * ((positions[depth] + first) % count),
    }
  })
}
