import { add, cast, clip, div, minimum, mul, type Tensor } from '@gradloom/core'
import { checked } from '../settings.ts'
import { mapTensors, tensorsOf } from '../tensors.ts'
import { stateless, type Transformation } from '../transformation.ts'
import { globalNorm } from './norm.ts'

/** Every element of the gradients clipped to +-`max`. @throws SettingError where `max` is negative or NaN */
export function clipByValue(max: number): Transformation<null> {
  checked('clipByValue', { max })
  return stateless((gradients) => mapTensors((g) => clip(g, { min: -max, max }), gradients))
}

/** min(1, max / (norm + 1e-6)), the constant as PyTorch has it: finite for gradients of zeros. */
const factor = (norm: Tensor, max: number): Tensor => minimum(div(max, add(norm, 1e-6)), 1)

/** Each gradient scaled down, where it is longer, to Euclidean norm `max`: g * min(1, max / (norm + 1e-6)), as in
 * PyTorch.
 * @throws SettingError where `max` is negative or NaN */
export function clipByNorm(max: number): Transformation<null> {
  checked('clipByNorm', { max })
  return stateless((gradients) => mapTensors((g) => cast(mul(g, factor(globalNorm([g]), max)), g.dtype), gradients))
}

/** All gradients scaled down together, where they are longer, to Euclidean norm `max`: g * min(1, max / (norm + 1e-6))
 * as in PyTorch, with the norm of all; none with a `max` of infinity. Reports the norm before as `gradientNorm`.
 * @throws SettingError where `max` is negative or NaN */
export function clipByGlobalNorm(max: number): Transformation<null> {
  checked('clipByGlobalNorm', { max })
  return {
    init: () => null,
    update(gradients, state) {
      const gradientNorm = globalNorm(tensorsOf(gradients))
      const scale = factor(gradientNorm, max)
      const updates = mapTensors((g) => mul(g, cast(scale, g.dtype)), gradients)
      return { updates, state, reports: { gradientNorm } }
    },
  }
}
