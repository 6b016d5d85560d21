import { add, equal, mul, nameOf, slot, where, zerosLike, type Tensor } from '@gradloom/core'
import { evolve, type Transformation } from '../transformation.ts'

/** Keeps an exponential moving average of the parameters as they are after each step, a = decay a + (1 - decay) p,
 * starting with the first; put it last in a chain. Updates pass as they are. {@link averaged} reads it. */
export const ema = (decay: number): Transformation => ({
  update: (updates, context) => {
    updates.forEach((u, i) => {
      const p = add(context.params[i], u)
      evolve(context, `ema/${context.names[i]}`, zerosLike(p), (old) =>
        where(equal(context.step(), 1), p, add(mul(old, decay), mul(p, 1 - decay))),
      )
    })
    return updates
  },
})

/** The averages that {@link ema} keeps of these variables, to evaluate a model with; zeros before the first step. */
export const averaged = (
  variables: readonly Tensor[],
  { name = 'optimizer' }: { readonly name?: string } = {},
): Tensor[] => variables.map((v) => slot(v, `${name}/ema/${nameOf(v)}`, zerosLike(v)))
