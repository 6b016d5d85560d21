import { add, div, mul, sqrt, sub, tensor, type Tensor } from '@gradloom/core'
import { debias, power, stepAs } from '../scalars.ts'
import { evolve, type Transformation } from '../transformation.ts'
import { moments } from './moments.ts'
import type { AdamMoments } from './scaleByAdam.ts'

/** Adam with Nesterov's look-ahead: with mu_t = beta1 (1 - 0.96^(t d) / 2) and M_t their product,
 * ((1 - mu_t) / (1 - M_t) g + mu_(t+1) / (1 - M_t mu_t mu_(t+1)) m) / (sqrt(v / (1 - beta2^t)) + eps). The second
 * denominator is PyTorch 1's; the paper, and PyTorch 2, have M_(t+1) there.
 * @see https://cs229.stanford.edu/proj2015/054_report.pdf */
export const scaleByNadam = ({
  beta1 = 0.9,
  beta2 = 0.999,
  eps = 1e-8,
  momentumDecay = 4e-3,
}: AdamMoments & { readonly momentumDecay?: number } = {}): Transformation => ({
  update: (gradients, context) => {
    const t = stepAs(context, gradients[0])
    const mu = (at: Tensor): Tensor => mul(sub(1, mul(power(0.96, mul(at, momentumDecay)), 0.5)), beta1)
    const now = mu(t)
    const next = mu(add(t, 1))
    const product = evolve(context, 'momentumProduct', tensor(1, { dtype: t.dtype }), (old) => mul(old, now))
    const ofGradient = div(sub(1, now), sub(1, product))
    const ofMoment = div(next, sub(1, mul(mul(product, now), next)))
    return gradients.map((g, i) => {
      const { m, v } = moments(context, i, g, beta1, beta2)
      return div(
        add(mul(g, ofGradient.cast(g.dtype)), mul(m, ofMoment.cast(g.dtype))),
        add(sqrt(mul(v, debias(beta2, stepAs(context, g)))), eps),
      )
    })
  },
})
