import { apply, defineOp, add, div, maximum, mul, sqrt } from '@gradloom/core'
import { debias } from '../scalars.ts'
import { settings } from '../settings.ts'
import type { Transformation } from '../transformation.ts'
import { average, perTensor } from './perTensor.ts'

export interface AdamMoments {
  readonly beta1?: number
  readonly beta2?: number
  readonly eps?: number
}
export const ADAM: Required<AdamMoments> = { beta1: 0.9, beta2: 0.999, eps: 1e-8 }

export interface ScaleByAdamOptions extends AdamMoments {
  /** Divides by the largest second moment so far. @see https://arxiv.org/abs/1904.09237 */
  readonly amsgrad?: boolean
}

const direction = /* @__PURE__ */ defineOp<{ readonly eps: number }>({
  name: 'adam',
  expr: ([m, v, ofMean, ofRoot], { eps }) => m.mul(ofMean).div(v.sqrt().mul(ofRoot).add(eps)),
  decompose: ([m, v, ofMean, ofRoot], { eps }) => div(mul(m, ofMean), add(mul(sqrt(v), ofRoot), eps)),
})

/** m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps), with m and v the decaying averages of g and g^2; `amsgrad`
 * takes the largest v so far. @throws NameError, SettingError for settings @see https://arxiv.org/abs/1412.6980 */
export function scaleByAdam(options?: ScaleByAdamOptions): Transformation {
  const { beta1, beta2, eps, amsgrad } = settings<Required<ScaleByAdamOptions>>(
    'scaleByAdam',
    { ...ADAM, amsgrad: false },
    options,
  )
  return perTensor(
    ['m', 'v', ...(amsgrad ? ['vMax'] : [])],
    (t) => {
      const ofMean = debias(beta1, t)
      const ofRoot = sqrt(debias(beta2, t))
      return (g, old) => {
        const m = average(beta1, old.m, g)
        const v = average(beta2, old.v, mul(g, g))
        const vMax = amsgrad ? maximum(old.vMax, v) : v
        return [apply(direction, [m, vMax, ofMean, ofRoot], { eps }), { m, v, vMax }]
      }
    },
    { counts: true },
  )
}
