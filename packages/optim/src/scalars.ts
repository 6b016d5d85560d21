import { div, exp, expm1, mul, neg, type Tensor } from '@gradloom/core'

/** 1 - decay^t, to full precision also where decay is close to 1 and in float32: -expm1(t log decay). */
export const unbias = (decay: number, t: Tensor): Tensor => neg(expm1(mul(t, Math.log(decay))))

/** 1 / (1 - decay^t): one division a step, where dividing an average by 1 - decay^t would be one an element. */
export const debias = (decay: number, t: Tensor): Tensor => div(1, unbias(decay, t))

/** decay^t. */
export const power = (decay: number, t: Tensor): Tensor => exp(mul(t, Math.log(decay)))
