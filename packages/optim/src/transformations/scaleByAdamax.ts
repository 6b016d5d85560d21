import { abs, add, div, maximum, mul } from '@gradloom/core'
import { debias } from '../scalars.ts'
import { settings } from '../settings.ts'
import type { Transformation } from '../transformation.ts'
import { average, perTensor } from './perTensor.ts'
import { ADAM, type AdamMoments } from './scaleByAdam.ts'

/** m / (1 - beta1^t) / u, with u = max(beta2 u, |g| + eps).
 * @throws NameError, SettingError for settings @see https://arxiv.org/abs/1412.6980 section 7 */
export function scaleByAdamax(options?: AdamMoments): Transformation {
  const { beta1, beta2, eps } = settings<Required<AdamMoments>>('scaleByAdamax', ADAM, options)
  return perTensor(
    ['m', 'u'],
    (t) => {
      const ofMean = debias(beta1, t)
      return (g, old) => {
        const m = average(beta1, old.m, g)
        const u = maximum(mul(old.u, beta2), add(abs(g), eps))
        return [div(mul(m, ofMean), u), { m, u }]
      }
    },
    { counts: true },
  )
}
