import { abs, add, div, maximum, mul, zerosLike } from '@gradloom/core'
import { debias, stepAs } from '../scalars.ts'
import { evolve, type Transformation } from '../transformation.ts'
import { average } from './moments.ts'
import type { AdamMoments } from './scaleByAdam.ts'

/** m / (1 - beta1^t) / u, with u = max(beta2 u, |g| + eps). @see https://arxiv.org/abs/1412.6980 section 7 */
export const scaleByAdamax = ({ beta1 = 0.9, beta2 = 0.999, eps = 1e-8 }: AdamMoments = {}): Transformation => ({
  update: (gradients, context) =>
    gradients.map((g, i) => {
      const m = average(context, 'm', i, beta1, g)
      const u = evolve(context, `u/${context.names[i]}`, zerosLike(g), (old) =>
        maximum(mul(old, beta2), add(abs(g), eps)),
      )
      return div(mul(m, debias(beta1, stepAs(context, g))), u)
    }),
})
