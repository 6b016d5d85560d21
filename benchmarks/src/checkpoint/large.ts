import { ambient } from '@gradloom/core/extend'
import { median } from '../session.ts'
import type { Case } from './cases.ts'
import { recomputedOps, type CheckpointRow } from './compare.ts'
import { createTrainer } from './trainer.ts'

const STEPS = 20

export interface LargeRun {
  readonly row: CheckpointRow
  readonly losses: readonly number[]
}

/** Trains a model that may not fit without its strategy; of the plain step only the plan is made. */
export async function trainLarge({ id, model, strategies: [strategy] }: Case, threads: number): Promise<LargeRun> {
  const built = model()
  const plainActivationBytes = await plannedBytes(() => createTrainer(built, { threads, optimizer: 'adamw' }))
  const policy = strategy.policy?.(plainActivationBytes)
  const trainer = createTrainer(built, { threads, optimizer: 'adamw', policy, wrap: strategy.wrap })
  try {
    const plan = await trainer.plan()
    const losses: number[] = []
    const times: number[] = []
    for (let i = 0; i < STEPS; i++) {
      const begin = performance.now()
      losses.push(await trainer.step())
      if (i > 0) times.push(performance.now() - begin)
    }
    const { arena, buffers } = trainer.memory()
    const row: CheckpointRow = {
      workload: id,
      strategy: strategy.name,
      backend: 'cpu',
      threads,
      peakBytes: arena + buffers,
      plainPeakBytes: plainActivationBytes + buffers,
      activationBytes: arena,
      plainActivationBytes,
      ms: median(times),
      plainMs: null,
      recomputedOps: recomputedOps(plan),
      lossesEqual: null,
    }
    return { row, losses }
  } finally {
    await trainer.close()
  }
}

/** The arena of a plan, whether or not a backend has room for it. */
async function plannedBytes(create: () => ReturnType<typeof createTrainer>): Promise<number> {
  const { onPlan } = ambient
  let bytes = 0
  ambient.onPlan = ({ arenaBytes }) => {
    bytes = Math.max(bytes, arenaBytes)
  }
  const trainer = create()
  try {
    await trainer.plan()
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'OUT_OF_MEMORY') throw error
  } finally {
    ambient.onPlan = onPlan
    await trainer.close()
  }
  return bytes
}
