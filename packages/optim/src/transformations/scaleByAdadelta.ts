import { add, mul, div, sqrt, zerosLike } from '@gradloom/core'
import type { Transformation } from '../transformation.ts'
import { average } from './moments.ts'

/** g sqrt(u + eps) / sqrt(v + eps), with u and v the decaying averages of squared steps and gradients.
 * @see https://arxiv.org/abs/1212.5701 */
export const scaleByAdadelta = ({
  rho = 0.9,
  eps = 1e-6,
}: { readonly rho?: number; readonly eps?: number } = {}): Transformation => ({
  update: (gradients, context) =>
    gradients.map((g, i) => {
      const v = average(context, 'v', i, rho, mul(g, g))
      const u = context.state(`u/${context.names[i]}`, zerosLike(g))
      const step = mul(g, div(sqrt(add(u.value, eps)), sqrt(add(v, eps))))
      u.set(add(mul(u.value, rho), mul(mul(step, step), 1 - rho)))
      return step
    }),
})
