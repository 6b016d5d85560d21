import { checkShape, type Shape } from '../shape.ts'
import { constant, defineOp, type Op } from '../graph/op.ts'
import { apply } from '../graph/apply.ts'
import type { Tensor } from '../graph/tensor.ts'
import { expandDims } from './view.ts'

const iotaOp: Op<{ shape: Shape }> = defineOp<{ shape: Shape }>({
  name: 'iota',
  form: { kind: 'index' },
  infer: (_, { shape }) => ({ shape, dtype: 'int32' }),
  vjp: constant,
})

/** The row-major position of each element, int32; computed where it is used, never stored for that. */
export function iota(shape: Shape): Tensor {
  checkShape('iota', shape)
  return apply(iotaOp, [], { shape: [...shape] })
}
/** Row numbers [n, 1] and column numbers [m], which broadcast to a matrix. */
export const grid = (n: number, m: number): [Tensor, Tensor] => [expandDims(iota([n]), 1), iota([m])]
