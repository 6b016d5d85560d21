import { cast, exp, expm1, mul, neg, reciprocal, type Tensor } from '@gradloom/core'
import type { Context } from './transformation.ts'

/** The step number as a scalar of the dtype of `like`. */
export const stepAs = (context: Context, like: Tensor): Tensor => cast(context.step(), like.dtype)

/** 1 - decay^t, to full precision also where decay is close to 1 and in float32: -expm1(t log decay). */
export const unbias = (decay: number, t: Tensor): Tensor => neg(expm1(mul(t, Math.log(decay))))

/** 1 / (1 - decay^t): one division a step, where dividing an average by 1 - decay^t would be one an element. */
export const debias = (decay: number, t: Tensor): Tensor => reciprocal(unbias(decay, t))

/** decay^t. */
export const power = (decay: number, t: Tensor): Tensor => exp(mul(t, Math.log(decay)))
