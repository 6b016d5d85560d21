import { add, div, full, mul, sqrt } from '@gradloom/core'
import { settings } from '../settings.ts'
import type { Transformation } from '../transformation.ts'
import { perTensor } from './perTensor.ts'

export interface AdagradOptions {
  readonly eps?: number
  /** What the sums start with. */
  readonly initial?: number
}
export const ADAGRAD: Required<AdagradOptions> = { eps: 1e-10, initial: 0 }

/** g / (sqrt(sum of g^2 so far) + eps).
 * @throws NameError, SettingError for settings @see https://jmlr.org/papers/v12/duchi11a.html */
export function scaleByAdagrad(options?: AdagradOptions): Transformation {
  const { eps, initial } = settings<Required<AdagradOptions>>('scaleByAdagrad', ADAGRAD, options)
  return perTensor(
    ['sum'],
    () => (g, old) => {
      const sum = add(old.sum, mul(g, g))
      return [div(g, add(sqrt(sum), eps)), { sum }]
    },
    { initial: (p) => full(p.shape, initial, p) },
  )
}
