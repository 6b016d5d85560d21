import type { Recomputations, Residual, Stage } from '@gradloom/core'
import { costOf, keptBytes } from './cost.ts'
import { isHeavy } from './saveContractions.ts'

/** Most values of which all sets are tried. */
const FEW = 16
/** Plans that are made at most. */
const MOST_PLANS = 2000

/** Values to choose of: all where they are few; else what is read, and results of heavy kernels. */
const choicesOf = (values: readonly Residual[]): readonly Residual[] =>
  values.length <= FEW ? values : values.filter((v) => v.isRead || isHeavy(v))

export const isFew = (values: readonly Residual[]): boolean => choicesOf(values).length <= FEW

/** The cheapest of all sets of values to keep whose plan fits: sets are tried from the cheapest on. Null where none
 * fits. */
export function cheapestOfFew({ values, peakOf }: Stage, bytes: number): Recomputations | null {
  const choices = choicesOf(values)
  const plans = Array.from({ length: 2 ** choices.length }, (_, mask) => {
    const plan = new Map(choices.map((v, i) => [v.tensor, (mask >> i) & 1]))
    return { plan, cost: costOf(values, plan), kept: keptBytes(values, plan) }
  })
  // What is kept is all there when the backward pass begins, but for the last values, which its first kernel may make.
  const last = 2 * Math.max(0, ...values.map((v) => v.byteLength))
  const able = plans.filter((p) => p.kept - last <= bytes).sort((a, b) => a.cost - b.cost || a.kept - b.kept)
  const tried = able.slice(0, MOST_PLANS).find(({ plan }) => peakOf(plan) <= bytes)
  return tried?.plan ?? null
}
