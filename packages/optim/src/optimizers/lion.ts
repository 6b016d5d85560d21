import type { Optimizer } from '../optimizer.ts'
import { LION, scaleByLion, type LionBetas } from '../transformations/scaleByLion.ts'
import { descent, type Descent } from './descent.ts'

export interface LionOptions extends LionBetas, Descent {}

/** Lion: the sign of an average gradient, with decoupled `weightDecay`, {@link scaleByLion}.
 * @throws NameError, SettingError for settings */
export const lion = (options?: LionOptions): Optimizer =>
  descent('lion', { learningRate: 1e-4, ...LION }, options, scaleByLion, true)
