import type { Optimizer } from '../optimizer.ts'
import { ADAM, type AdamMoments } from '../transformations/scaleByAdam.ts'
import { scaleByAdamax } from '../transformations/scaleByAdamax.ts'
import { NADAM, scaleByNadam, type NadamOptions } from '../transformations/scaleByNadam.ts'
import { scaleByRadam } from '../transformations/scaleByRadam.ts'
import { descent, type Descent } from './descent.ts'

/** `weightDecay` is L2 regularisation: added to the gradient. */
export interface AdamFamilyOptions extends AdamMoments, Descent {}

/** Adam with an infinity norm in place of the second moment, {@link scaleByAdamax}.
 * @throws NameError, SettingError for settings */
export const adamax = (options?: AdamFamilyOptions): Optimizer =>
  descent('adamax', { learningRate: 2e-3, ...ADAM }, options, scaleByAdamax)

/** Adam with Nesterov momentum, {@link scaleByNadam}. @throws NameError, SettingError for settings */
export const nadam = (options?: AdamFamilyOptions & NadamOptions): Optimizer =>
  descent('nadam', { learningRate: 2e-3, ...NADAM }, options, scaleByNadam)

/** Adam with a rectified adaptive scale, {@link scaleByRadam}. @throws NameError, SettingError for settings */
export const radam = (options?: AdamFamilyOptions): Optimizer =>
  descent('radam', { learningRate: 1e-3, ...ADAM }, options, scaleByRadam)
