import { add, mul, type Tensor } from '@gradloom/core'

/** (1 - e) loss + e spread; at e = 1 the spread alone, however large the loss is. */
export const smoothed = (loss: Tensor, spread: Tensor, e: number): Tensor =>
  e === 1 ? spread : add(mul(loss, 1 - e), mul(spread, e))
