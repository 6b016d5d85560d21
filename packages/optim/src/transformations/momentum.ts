import { add, equal, mul, where } from '@gradloom/core'
import { settings } from '../settings.ts'
import type { Transformation } from '../transformation.ts'
import { perTensor } from './perTensor.ts'

export interface MomentumOptions {
  readonly momentum: number
  /** b = momentum b + (1 - dampening) g, from the second step on; the first has b = g. */
  readonly dampening?: number
  /** Looks ahead: g + momentum b instead of b. */
  readonly nesterov?: boolean
}

/** A decaying sum of gradients, as PyTorch's SGD keeps it. @throws NameError, SettingError for settings */
export function scaleByMomentum(options: MomentumOptions): Transformation {
  const { momentum, dampening, nesterov } = settings<Required<MomentumOptions>>(
    'scaleByMomentum',
    { momentum: undefined, dampening: 0, nesterov: false },
    options,
  )
  return perTensor(
    ['momentum'],
    (t) => {
      const isFirst = equal(t, 1)
      return (g, old) => {
        const decayed = add(mul(old.momentum, momentum), mul(g, 1 - dampening))
        const b = dampening ? where(isFirst, g, decayed) : decayed
        return [nesterov ? add(g, mul(b, momentum)) : b, { momentum: b }]
      }
    },
    { counts: dampening !== 0 },
  )
}
