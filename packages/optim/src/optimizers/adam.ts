import type { Optimizer } from '../optimizer.ts'
import { ADAM, scaleByAdam, type ScaleByAdamOptions } from '../transformations/scaleByAdam.ts'
import { descent, type Descent } from './descent.ts'

export interface AdamOptions extends ScaleByAdamOptions, Descent {}

/** Adam, {@link scaleByAdam}, with L2 `weightDecay` on the gradient. @throws NameError, SettingError for settings
 * @see https://arxiv.org/abs/1412.6980
 * @example const train = adam({ learningRate: 1e-3 }).minimize(loss, ctx.variables()) */
export const adam = (options?: AdamOptions): Optimizer =>
  descent('adam', { learningRate: 1e-3, ...ADAM, amsgrad: false }, options, scaleByAdam)

/** Adam with decoupled `weightDecay`: p - learningRate (step + weightDecay p).
 * @throws NameError, SettingError for settings @see https://arxiv.org/abs/1711.05101 */
export const adamw = (options?: AdamOptions): Optimizer =>
  descent('adamw', { learningRate: 1e-3, weightDecay: 1e-2, ...ADAM, amsgrad: false }, options, scaleByAdam, true)
