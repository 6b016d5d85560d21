import type { Meta } from './op.ts'
import { sameShape, show } from '../shape.ts'

/** Dtype and shape, for messages. */
export const describe = ({ dtype, shape }: Meta): string => `${dtype} ${show(shape)}`
export const sameMeta = (a: Meta, b: Meta): boolean => a.dtype === b.dtype && sameShape(a.shape, b.shape)
