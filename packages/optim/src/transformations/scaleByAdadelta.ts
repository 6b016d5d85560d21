import { add, div, mul, sqrt } from '@gradloom/core'
import { settings } from '../settings.ts'
import type { Transformation } from '../transformation.ts'
import { average, perTensor } from './perTensor.ts'

export interface AdadeltaOptions {
  readonly rho?: number
  readonly eps?: number
}
export const ADADELTA: Required<AdadeltaOptions> = { rho: 0.9, eps: 1e-6 }

/** g sqrt(u + eps) / sqrt(v + eps), with u and v the decaying averages of squared steps and gradients.
 * @throws NameError, SettingError for settings @see https://arxiv.org/abs/1212.5701 */
export function scaleByAdadelta(options?: AdadeltaOptions): Transformation {
  const { rho, eps } = settings<Required<AdadeltaOptions>>('scaleByAdadelta', ADADELTA, options)
  return perTensor(['v', 'u'], () => (g, old) => {
    const v = average(rho, old.v, mul(g, g))
    const step = mul(g, div(sqrt(add(old.u, eps)), sqrt(add(v, eps))))
    return [step, { v, u: average(rho, old.u, mul(step, step)) }]
  })
}
