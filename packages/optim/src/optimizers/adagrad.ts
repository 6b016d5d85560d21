import type { Optimizer } from '../optimizer.ts'
import { ADADELTA, scaleByAdadelta, type AdadeltaOptions } from '../transformations/scaleByAdadelta.ts'
import { ADAGRAD, scaleByAdagrad, type AdagradOptions } from '../transformations/scaleByAdagrad.ts'
import { descent, type Descent } from './descent.ts'

/** Adagrad, {@link scaleByAdagrad}, with L2 `weightDecay`. @throws NameError, SettingError for settings */
export const adagrad = (options?: Descent & AdagradOptions): Optimizer =>
  descent('adagrad', { learningRate: 1e-2, ...ADAGRAD }, options, scaleByAdagrad)

/** Adadelta, {@link scaleByAdadelta}, with L2 `weightDecay`. @throws NameError, SettingError for settings */
export const adadelta = (options?: Descent & AdadeltaOptions): Optimizer =>
  descent('adadelta', { learningRate: 1, ...ADADELTA }, options, scaleByAdadelta)
