import { paretoFront, type ParetoRow } from '@gradloom/checkpoint'
import type { DeepModel } from './models.ts'
import { createTrainer } from './trainer.ts'

const FRACTIONS = [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.1]

/** Memory against recomputation: what `budget` finds for ever smaller shares of the plain arena. */
export const front = (model: DeepModel, fractions: readonly number[] = FRACTIONS): Promise<readonly ParetoRow[]> =>
  paretoFront(async (policy) => {
    const trainer = createTrainer(model, { threads: 1, optimizer: 'sgd', policy })
    try {
      return await trainer.plan()
    } finally {
      await trainer.close()
    }
  }, fractions)
