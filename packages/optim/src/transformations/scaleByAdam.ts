import { add, div, maximum, mul, sqrt } from '@gradloom/core'
import { debias } from '../scalars.ts'
import { settings } from '../settings.ts'
import type { Transformation } from '../transformation.ts'
import { average, perTensor } from './perTensor.ts'

export interface AdamMoments {
  readonly beta1?: number
  readonly beta2?: number
  readonly eps?: number
}
export const ADAM: Required<AdamMoments> = { beta1: 0.9, beta2: 0.999, eps: 1e-8 }

export interface ScaleByAdamOptions extends AdamMoments {
  /** Divides by the largest second moment so far. @see https://arxiv.org/abs/1904.09237 */
  readonly amsgrad?: boolean
}

/** m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps), with m and v the decaying averages of g and g^2; `amsgrad`
 * takes the largest v so far. @throws NameError, SettingError for settings @see https://arxiv.org/abs/1412.6980 */
export function scaleByAdam(options?: ScaleByAdamOptions): Transformation {
  const { beta1, beta2, eps, amsgrad } = settings<Required<ScaleByAdamOptions>>(
    'scaleByAdam',
    { ...ADAM, amsgrad: false },
    options,
  )
  return perTensor(
    ['m', 'v', ...(amsgrad ? ['vMax'] : [])],
    (g, old, t) => {
      const m = average(beta1, old.m, g)
      const v = average(beta2, old.v, mul(g, g))
      const vMax = amsgrad ? maximum(old.vMax, v) : v
      const scale = add(mul(sqrt(vMax), sqrt(debias(beta2, t))), eps)
      return [div(mul(m, debias(beta1, t)), scale), { m, v, vMax }]
    },
    { counts: true },
  )
}
