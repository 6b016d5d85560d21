import { budget, sqrt } from '@gradloom/checkpoint'
import type { Plan, Policy } from '@gradloom/core'
import { mlp } from './models.ts'
import { createTrainer } from './trainer.ts'

/** Layers of a product and what is fused behind it: twice as many forward values. */
const LAYERS = 2500

/** What making the plan of a large program took. */
export interface PlanningRow {
  readonly strategy: string
  /** Forward values that the policy decides on. */
  readonly values: number
  /** What the policy took to decide, the plans that it had made and measured among it. CPU time of all threads of the
   * process, so that others that use the machine count little, as below. */
  readonly decideMs: number
  /** What compiling it all took. */
  readonly cpuMs: number
  readonly recomputedOps: number
  readonly arenaBytes: number
}

/** CPU time since then, in ms. */
function since(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Plans of a program of 5,000 forward values: without a policy, by one that makes no plans, and by a budget. */
export async function planningTimes(
  layers: number = LAYERS,
  shares: readonly number[] = [0.9, 0.5, 0.2],
): Promise<PlanningRow[]> {
  const model = mlp(layers, 8, 16)
  let values = 0
  let decideMs = 0
  const counted = (policy: Policy): Policy =>
    Object.assign((value: Parameters<Policy>[0]) => policy(value), {
      plan: (stage: Parameters<NonNullable<Policy['plan']>>[0]) => {
        values = stage.values.length
        const before = process.cpuUsage()
        const plan = policy.plan!(stage)
        decideMs = since(before)
        return plan
      },
    })
  const row = async (strategy: string, policy?: Policy): Promise<PlanningRow> => {
    decideMs = 0
    const trainer = createTrainer(model, { threads: 1, optimizer: 'sgd', policy: policy && counted(policy) })
    try {
      const before = process.cpuUsage()
      const plan: Plan = await trainer.plan()
      const cpuMs = since(before)
      const recomputedOps = plan.steps.filter((s) => s.pass === 'recompute').length
      return { strategy, values, decideMs, cpuMs, recomputedOps, arenaBytes: plan.arenaBytes }
    } finally {
      await trainer.close()
    }
  }
  // The first has the compiler's own code compiled.
  await row('first')
  const plain = await row('none')
  const rows = [plain, await row('sqrt', sqrt())]
  for (const share of shares)
    rows.push(await row(`budget of ${100 * share} %`, budget(Math.floor(share * plain.arenaBytes))))
  return rows.map((r) => ({ ...r, values }))
}
