import { add, div, maximum, mul, sqrt, zerosLike } from '@gradloom/core'
import { debias, stepAs } from '../scalars.ts'
import { evolve, type Transformation } from '../transformation.ts'
import { moments } from './moments.ts'

export interface AdamMoments {
  readonly beta1?: number
  readonly beta2?: number
  readonly eps?: number
}

/** m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps), with m and v the decaying averages of g and g^2; `amsgrad`
 * takes the largest v so far. @see https://arxiv.org/abs/1412.6980 */
export const scaleByAdam = ({
  beta1 = 0.9,
  beta2 = 0.999,
  eps = 1e-8,
  amsgrad = false,
}: AdamMoments & { readonly amsgrad?: boolean } = {}): Transformation => ({
  update: (gradients, context) =>
    gradients.map((g, i) => {
      const t = stepAs(context, g)
      const { m, v } = moments(context, i, g, beta1, beta2)
      const largest = amsgrad ? evolve(context, `vMax/${context.names[i]}`, zerosLike(g), (old) => maximum(old, v)) : v
      return div(mul(m, debias(beta1, t)), add(mul(sqrt(largest), sqrt(debias(beta2, t))), eps))
    }),
})
