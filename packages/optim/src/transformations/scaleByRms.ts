import { add, div, mul, sqrt, sub } from '@gradloom/core'
import { settings } from '../settings.ts'
import type { Transformation } from '../transformation.ts'
import { average, perTensor } from './perTensor.ts'

export interface RmsOptions {
  readonly decay?: number
  readonly eps?: number
  /** Subtracts the squared average gradient, so that the scale is a standard deviation. */
  readonly centered?: boolean
}
export const RMS: Required<RmsOptions> = { decay: 0.99, eps: 1e-8, centered: false }

/** g / (sqrt(v) + eps), with v the decaying average of g^2; with `centered`, of the squared distance from the decaying
 * average m. @throws NameError, SettingError for settings */
export function scaleByRms(options?: RmsOptions): Transformation {
  const { decay, eps, centered } = settings<Required<RmsOptions>>('scaleByRms', RMS, options)
  return perTensor(centered ? ['v', 'm'] : ['v'], () => (g, old) => {
    // With e the average of g^2, v = e - m^2 goes over to decay (v + (1 - decay) (g - m)^2), exactly: no term is
    // negative and none cancels, while e - m^2 itself rounds to less than 0 where gradients hardly change.
    const m = centered ? average(decay, old.m, g) : g
    const distance = centered ? sub(g, old.m) : g
    const v = centered
      ? mul(add(old.v, mul(mul(distance, distance), 1 - decay)), decay)
      : average(decay, old.v, mul(g, g))
    return [div(g, add(sqrt(v), eps)), { v, m }]
  })
}
