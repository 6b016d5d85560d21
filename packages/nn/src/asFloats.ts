import type { Tensor, TensorLike } from '@gradloom/core'
import { alike } from '@gradloom/core/extend'

/** Inputs in the float dtype that they have in common. */
export const asFloats = <T extends readonly TensorLike[]>(...inputs: T): { [K in keyof T]: Tensor } =>
  alike(inputs, { promotion: 'float' }) as { [K in keyof T]: Tensor }
