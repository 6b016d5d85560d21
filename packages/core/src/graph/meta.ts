import type { DType } from '../dtype.ts'
import { sameShape, show, type Shape } from '../shape.ts'

/** What is known of a value before it is computed; a size of -1 is not known yet. */
export interface Meta {
  readonly shape: Shape
  readonly dtype: DType
}

/** Dtype and shape, for messages. */
export const describe = ({ dtype, shape }: Meta): string => `${dtype} ${show(shape)}`
export const sameMeta = (a: Meta, b: Meta): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape)
