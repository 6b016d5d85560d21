import { sign } from '@gradloom/core'
import { settings } from '../settings.ts'
import type { Transformation } from '../transformation.ts'
import { average, perTensor } from './perTensor.ts'

export interface LionBetas {
  readonly beta1?: number
  readonly beta2?: number
}
export const LION: Required<LionBetas> = { beta1: 0.9, beta2: 0.99 }

/** sign(beta1 m + (1 - beta1) g), then m = beta2 m + (1 - beta2) g.
 * @throws NameError, SettingError for settings @see https://arxiv.org/abs/2302.06675 */
export function scaleByLion(options?: LionBetas): Transformation {
  const { beta1, beta2 } = settings<Required<LionBetas>>('scaleByLion', LION, options)
  return perTensor(['m'], () => (g, { m }) => [sign(average(beta1, m, g)), { m: average(beta2, m, g) }])
}
