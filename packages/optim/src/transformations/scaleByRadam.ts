import { add, div, greater, mul, sqrt, sub, where } from '@gradloom/core'
import { debias, power, stepAs, unbias } from '../scalars.ts'
import type { Transformation } from '../transformation.ts'
import { moments } from './moments.ts'
import type { AdamMoments } from './scaleByAdam.ts'

/** Adam whose adaptive scale is rectified for its variance, and left out while that is unbounded (rho at most 5).
 * rho = R - 2 t beta2^t / (1 - beta2^t), R = 2 / (1 - beta2) - 1. @see https://arxiv.org/abs/1908.03265 */
export const scaleByRadam = ({ beta1 = 0.9, beta2 = 0.999, eps = 1e-8 }: AdamMoments = {}): Transformation => ({
  update: (gradients, context) =>
    gradients.map((g, i) => {
      const t = stepAs(context, g)
      const { m, v } = moments(context, i, g, beta1, beta2)
      const limit = 2 / (1 - beta2) - 1
      const correction = unbias(beta2, t)
      const rho = sub(limit, div(mul(mul(t, 2), power(beta2, t)), correction))
      const bounded = greater(rho, 5)
      // 6 stands for any value in the domain of the root where the branch is not taken.
      const safe = where(bounded, rho, 6)
      const rectified = sqrt(div(mul(mul(sub(safe, 4), sub(safe, 2)), limit / ((limit - 4) * (limit - 2))), safe))
      const direction = mul(m, debias(beta1, t))
      return where(bounded, mul(direction, div(mul(rectified, sqrt(correction)), add(sqrt(v), eps))), direction)
    }),
})
