import { add, mul, sign, zerosLike } from '@gradloom/core'
import type { Transformation } from '../transformation.ts'

/** sign(beta1 m + (1 - beta1) g), then m = beta2 m + (1 - beta2) g. @see https://arxiv.org/abs/2302.06675 */
export const scaleByLion = ({
  beta1 = 0.9,
  beta2 = 0.99,
}: { readonly beta1?: number; readonly beta2?: number } = {}): Transformation => ({
  update: (gradients, context) =>
    gradients.map((g, i) => {
      const m = context.state(`m/${context.names[i]}`, zerosLike(g))
      m.set(add(mul(m.value, beta2), mul(g, 1 - beta2)))
      return sign(add(mul(m.value, beta1), mul(g, 1 - beta1)))
    }),
})
