import { add, div, greater, mul, sqrt, sub, where } from '@gradloom/core'
import { debias, power, unbias } from '../scalars.ts'
import { settings } from '../settings.ts'
import type { Transformation } from '../transformation.ts'
import { average, perTensor } from './perTensor.ts'
import { ADAM, type AdamMoments } from './scaleByAdam.ts'

/** Adam whose adaptive scale is rectified for its variance, and left out while that is unbounded (rho at most 5).
 * rho = R - 2 t beta2^t / (1 - beta2^t), R = 2 / (1 - beta2) - 1.
 * @throws NameError, SettingError for settings @see https://arxiv.org/abs/1908.03265 */
export function scaleByRadam(options?: AdamMoments): Transformation {
  const { beta1, beta2, eps } = settings<Required<AdamMoments>>('scaleByRadam', ADAM, options)
  const limit = 2 / (1 - beta2) - 1
  return perTensor(
    ['m', 'v'],
    (t) => {
      const correction = unbias(beta2, t)
      const rho = sub(limit, div(mul(mul(t, 2), power(beta2, t)), correction))
      const bounded = greater(rho, 5)
      // 6 stands for any value in the domain of the root where the branch is not taken.
      const safe = where(bounded, rho, 6)
      const rectified = sqrt(div(mul(mul(sub(safe, 4), sub(safe, 2)), limit / ((limit - 4) * (limit - 2))), safe))
      const ofMean = debias(beta1, t)
      const ofRoot = mul(rectified, sqrt(correction))
      return (g, old) => {
        const m = average(beta1, old.m, g)
        const v = average(beta2, old.v, mul(g, g))
        const direction = mul(m, ofMean)
        const scaled = mul(direction, div(ofRoot, add(sqrt(v), eps)))
        return [where(bounded, scaled, direction), { m, v }]
      }
    },
    { counts: true },
  )
}
