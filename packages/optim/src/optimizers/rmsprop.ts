import { chain } from '../chain.ts'
import type { Optimizer } from '../optimizer.ts'
import { scaleByMomentum } from '../transformations/momentum.ts'
import { RMS, scaleByRms, type RmsOptions } from '../transformations/scaleByRms.ts'
import { descent, type Descent } from './descent.ts'

export interface RmspropOptions extends RmsOptions, Descent {
  readonly momentum?: number
}

/** RMSprop, {@link scaleByRms}, with momentum on the scaled gradient and L2 `weightDecay`, as PyTorch.
 * @throws NameError, SettingError for settings */
export const rmsprop = (options?: RmspropOptions): Optimizer =>
  descent('rmsprop', { learningRate: 1e-2, momentum: 0, ...RMS }, options, ({ momentum, ...scaling }) =>
    momentum ? chain(scaleByRms(scaling), scaleByMomentum({ momentum })) : scaleByRms(scaling),
  )
