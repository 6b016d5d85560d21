import { add, cast, clip, div, minimum, mul, type Tensor } from '@gradloom/core'
import type { Transformation } from '../transformation.ts'
import { globalNorm } from './norm.ts'

/** Every element of the gradients clipped to +-`max`. */
export const clipByValue = (max: number): Transformation => ({
  update: (gradients) => gradients.map((g) => clip(g, { min: -max, max })),
})

/** min(1, max / (norm + 1e-6)), the constant as PyTorch has it: finite for gradients of zeros. */
const factor = (norm: Tensor, max: number): Tensor => minimum(div(max, add(norm, 1e-6)), 1)

/** Each gradient scaled down, where it is longer, to Euclidean norm `max`. */
export const clipByNorm = (max: number): Transformation => ({
  update: (gradients) => gradients.map((g) => mul(g, factor(globalNorm([g]), max))),
})

/** All gradients scaled down together, where they are longer, to Euclidean norm `max`. Reports the norm before as
 * `gradientNorm`. */
export const clipByGlobalNorm = (max: number): Transformation => ({
  update: (gradients, context) => {
    const norm = globalNorm(gradients)
    const scale = factor(norm, max)
    context.report('gradientNorm', norm)
    return gradients.map((g) => mul(g, cast(scale, g.dtype)))
  },
})
