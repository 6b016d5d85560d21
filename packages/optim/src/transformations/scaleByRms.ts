import { add, div, mul, sqrt, sub } from '@gradloom/core'
import type { Transformation } from '../transformation.ts'
import { average } from './moments.ts'

export interface RmsOptions {
  readonly decay?: number
  readonly eps?: number
  /** Subtracts the squared average gradient, so that the scale is a standard deviation. */
  readonly centered?: boolean
}

/** g / (sqrt(v) + eps), with v the decaying average of g^2. */
export const scaleByRms = ({ decay = 0.99, eps = 1e-8, centered = false }: RmsOptions = {}): Transformation => ({
  update: (gradients, context) =>
    gradients.map((g, i) => {
      const v = average(context, 'v', i, decay, mul(g, g))
      if (!centered) return div(g, add(sqrt(v), eps))
      const m = average(context, 'm', i, decay, g)
      return div(g, add(sqrt(sub(v, mul(m, m))), eps))
    }),
})
