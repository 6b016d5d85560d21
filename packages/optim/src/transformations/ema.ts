import { add, cast, equal, nameOf, slot, where, zerosLike, type Tensor } from '@gradloom/core'
import { upcast } from '@gradloom/core/extend'
import { variablesOf, type Parameters } from '../optimizer.ts'
import { checked, settings } from '../settings.ts'
import type { Transformation } from '../transformation.ts'
import { average, perTensor } from './perTensor.ts'

/** Keeps an exponential moving average of the parameters as they are after each step, a = decay a + (1 - decay) p,
 * starting with the first; put it last in a chain. Updates pass as they are. {@link averaged} reads it.
 * @throws SettingError for a decay outside [0, 1) */
export function ema(decay: number): Transformation {
  checked('ema', { decay })
  return perTensor(
    ['ema'],
    (t) => {
      const isFirst = equal(t, 1)
      return (u, old, parameter) => {
        const p = add(parameter, u)
        return [u, { ema: where(isFirst, p, average(decay, old.ema, p)) }]
      }
    },
    { counts: true },
  )
}

/** The averages that {@link ema} keeps of these variables, to evaluate a model with; zeros before the first step.
 * In the dtypes of the variables. @throws NameError for what is no variable */
export function averaged(variables: Parameters, options?: { readonly name?: string }): Tensor[] {
  const { name } = settings<{ name: string }>('averaged', { name: 'optimizer' }, options)
  return variablesOf(variables).map((v) => cast(slot(v, `${name}/ema/${nameOf(v)}`, zerosLike(upcast(v))), v.dtype))
}
