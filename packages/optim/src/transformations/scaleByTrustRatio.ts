import { div, greater, mul, where } from '@gradloom/core'
import type { Transformation } from '../transformation.ts'
import { globalNorm } from './norm.ts'

/** Each update times |parameter| / |update|, or 1 where either is 0. @see https://arxiv.org/abs/1904.00962 */
export const scaleByTrustRatio = (): Transformation => ({
  update: (gradients, { params }) =>
    gradients.map((g, i) => {
      const p = globalNorm([params[i]])
      const u = globalNorm([g])
      return mul(g, where(greater(mul(p, u), 0), div(p, where(greater(u, 0), u, 1)), 1))
    }),
})
