import { paretoFront, type ParetoRow } from '@gradloom/checkpoint'
import { byteSize, type Plan } from '@gradloom/core'
import type { CheckpointRow } from './compare.ts'
import type { DeepModel } from './models.ts'
import { createTrainer } from './trainer.ts'

const FRACTIONS = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1]

/** Memory against recomputation, and the bytes of the variables beside. */
export interface Front {
  readonly rows: readonly ParetoRow[]
  readonly variableBytes: number
}

/** What `budget` finds for ever smaller shares of the plain arena. */
export async function front(model: DeepModel, fractions: readonly number[] = FRACTIONS): Promise<Front> {
  let variableBytes = 0
  const rows = await paretoFront(async (policy) => {
    const trainer = createTrainer(model, { threads: 1, optimizer: 'sgd', policy })
    try {
      const plan = await trainer.plan()
      variableBytes = variablesOf(plan)
      return plan
    } finally {
      await trainer.close()
    }
  }, fractions)
  return { rows, variableBytes }
}

const variablesOf = ({ inputs, buffers }: Plan): number =>
  inputs
    .filter(({ kind }) => kind === 'variable')
    .reduce((sum, { buffer, dtype }) => sum + buffers[buffer].size * byteSize(dtype), 0)

/** The plans of a front as lines of `--json`: they were made, and not run. */
export function frontRows(workload: string, { rows, variableBytes }: Front): CheckpointRow[] {
  const { arenaBytes: plain } = rows.find(({ budget }) => budget === null)!
  return rows.map(({ budget, arenaBytes, recomputedOps }) => ({
    workload,
    strategy: budget === null ? 'front: plain' : `front: budget of ${budget} bytes`,
    backend: 'cpu',
    threads: 1,
    peakBytes: arenaBytes + variableBytes,
    plainPeakBytes: plain + variableBytes,
    activationBytes: arenaBytes,
    plainActivationBytes: plain,
    ms: null,
    plainMs: null,
    recomputedOps,
    lossesEqual: null,
  }))
}
