import { type Plan, type Policy, SettingError } from '@gradloom/core'
import { flopsOf } from '@gradloom/inspect'
import { isAgain } from './again.ts'
import { checkFunction, checkPlan } from './check.ts'
import { budget } from './policies/budget.ts'

/** A plan of a step: its memory, and what it computes again for that. */
export interface ParetoRow {
  /** The budget, or null for the plan that computes nothing again. */
  readonly budget: number | null
  readonly arenaBytes: number
  readonly recomputedOps: number
  readonly recomputedFlops: number
}

/**
 * Memory against recomputation: the plans of a step under budgets of fractions of the plain plan's arena, of which none
 * takes more of both than another, each once. Budgets that no plan keeps are left out. Plans are made, not run.
 * @throws SettingError for fractions that are no positive numbers, and for what is no function that gives plans
 * @example await paretoFront((rematerialise) => env.compile(body, { rematerialise }).plan(feeds))
 */
export async function paretoFront(
  planWith: (policy: Policy | undefined) => Promise<Plan>,
  fractions: readonly number[] = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1],
): Promise<readonly ParetoRow[]> {
  if (!Array.isArray(fractions) || !fractions.every((f) => Number.isFinite(f) && f > 0))
    throw new SettingError('paretoFront: a list of positive fractions required')
  checkFunction('paretoFront', planWith)
  const plain = await planWith(undefined)
  const rows: ParetoRow[] = [rowOf(null, plain)]
  for (const fraction of fractions) {
    const bytes = Math.floor(fraction * plain.arenaBytes)
    let plan: Plan
    try {
      plan = await planWith(budget(bytes))
    } catch (error) {
      if (error instanceof SettingError) continue
      throw error
    }
    rows.push(rowOf(bytes, plan))
  }
  const isWorse = (a: ParetoRow, b: ParetoRow): boolean =>
    a.arenaBytes >= b.arenaBytes &&
    a.recomputedFlops >= b.recomputedFlops &&
    (a.arenaBytes > b.arenaBytes || a.recomputedFlops > b.recomputedFlops)
  const isSame = (a: ParetoRow, b: ParetoRow): boolean =>
    a.arenaBytes === b.arenaBytes && a.recomputedFlops === b.recomputedFlops
  return rows.filter((a, i) => !rows.some((b) => isWorse(a, b)) && rows.findIndex((b) => isSame(a, b)) === i)
}

function rowOf(bytes: number | null, plan: Plan): ParetoRow {
  checkPlan('paretoFront', plan)
  const { steps, arenaBytes } = plan
  const again = steps.filter(isAgain)
  const recomputedFlops = again.reduce((sum, s) => sum + (flopsOf(s) ?? 0), 0)
  return { budget: bytes, arenaBytes, recomputedOps: again.length, recomputedFlops }
}
