import type { Plan } from '@gradloom/core'
import { median } from '../session.ts'
import type { DeepModel } from './models.ts'
import type { Strategy } from './cases.ts'
import { createTrainer } from './trainer.ts'

/** A line of `--json`. What no step was run for is null. */
export interface CheckpointRow {
  readonly workload: string
  readonly strategy: string
  readonly backend: string
  readonly threads: number
  /** The arena, and the variables. */
  readonly peakBytes: number
  readonly plainPeakBytes: number
  /** The arena. */
  readonly activationBytes: number
  readonly plainActivationBytes: number
  /** Of a step. */
  readonly ms: number | null
  readonly plainMs: number | null
  readonly recomputedOps: number
  /** To the bit, over all steps. */
  readonly lossesEqual: boolean | null
}

/** Steps before those that are timed. */
const WARM_STEPS = 2

export const recomputedOps = ({ steps }: Plan): number => steps.filter((s) => s.pass === 'recompute').length

/** Trains a model plainly and by a strategy, in turns, so that what else the machine does meets both. */
export async function compare(
  { id, model }: { readonly id: string; readonly model: DeepModel },
  { name, policy, wrap }: Strategy,
  threads: number,
  rounds: number,
): Promise<CheckpointRow> {
  const plain = createTrainer(model, { threads, optimizer: 'sgd' })
  try {
    const { arenaBytes } = await plain.plan()
    const saving = createTrainer(model, { threads, optimizer: 'sgd', policy: policy?.(arenaBytes), wrap })
    try {
      const plan = await saving.plan()
      const sides = [plain, saving].map((trainer) => ({ trainer, losses: [] as number[], times: [] as number[] }))
      for (let round = 0; round < WARM_STEPS + rounds; round++) {
        for (const { trainer, losses, times } of round % 2 ? sides.toReversed() : sides) {
          const begin = performance.now()
          losses.push(await trainer.step())
          if (round >= WARM_STEPS) times.push(performance.now() - begin)
        }
      }
      const [without, own] = sides
      const [before, after] = [plain.memory(), saving.memory()]
      return {
        workload: id,
        strategy: name,
        backend: 'cpu',
        threads,
        peakBytes: after.arena + after.buffers,
        plainPeakBytes: before.arena + before.buffers,
        activationBytes: after.arena,
        plainActivationBytes: before.arena,
        ms: median(own.times),
        plainMs: median(without.times),
        recomputedOps: recomputedOps(plan),
        lossesEqual: own.losses.every((loss, i) => Object.is(loss, without.losses[i])),
      }
    } finally {
      await saving.close()
    }
  } finally {
    await plain.close()
  }
}
