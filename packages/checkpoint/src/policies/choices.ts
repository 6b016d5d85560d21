import type { Choice, Policy } from '@gradloom/core'

/** A policy that chooses for each value by itself; those of one key are one. */
export const choosing = (key: string, choose: Policy): Policy => Object.assign(choose, { key: `gradloom/${key}` })

/** Computes again all that is not asked to be saved by a segment within. As JAX's `nothing_saveable`.
 * @example env.compile(body, { rematerialise: saveNothing() }) */
export const saveNothing = (): Policy => choosing('saveNothing', ({ marked }): Choice => marked ?? 'preferRecompute')

/** Computes nothing again but what a segment within asks for: the plan without recomputation, where there is none. */
export const saveEverything = (): Policy => choosing('saveEverything', ({ marked }): Choice => marked ?? 'preferSave')
