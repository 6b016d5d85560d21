import { add, mul, zerosLike, type Tensor } from '@gradloom/core'
import { evolve, type Context } from '../transformation.ts'

/** decay * old + (1 - decay) * x, kept under `kind` for parameter number i. */
export const average = (context: Context, kind: string, i: number, decay: number, x: Tensor): Tensor =>
  evolve(context, `${kind}/${context.names[i]}`, zerosLike(x), (old) => add(mul(old, decay), mul(x, 1 - decay)))

/** The averages of g and g^2. */
export const moments = (
  context: Context,
  i: number,
  g: Tensor,
  beta1: number,
  beta2: number,
): { readonly m: Tensor; readonly v: Tensor } => ({
  m: average(context, 'm', i, beta1, g),
  v: average(context, 'v', i, beta2, mul(g, g)),
})
