import { apply } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { constant, type Op } from '../graph/op.ts'
import type { ReduceKind } from '../plan/plan.ts'
import { asNumbers, cast } from './cast.ts'
import { zeros } from './full.ts'
import { reduceBy, reduceWith, reduction, type AxesAttrs, type ReduceOptions } from './reduce.ts'

const decided = (kind: ReduceKind, required = false): Op<AxesAttrs> => reduction(kind, { vjp: constant }, required)
const anyOp = decided('any')
const allOp = decided('all')
const argMaxOp = decided('argMax', true)
const argMinOp = decided('argMin', true)

const positionBy = (op: Op<AxesAttrs>, x: TensorLike, options?: ReduceOptions): Tensor =>
  reduceWith(op.name, asNumbers(x), options, (t, axes) =>
    axes.length ? apply(op, [t], { axes }) : zeros(t.shape, { dtype: 'int32' }),
  )

/** Whether any element is true or not 0, as bool; false over an empty axis. */
export const any = (x: TensorLike, options?: ReduceOptions): Tensor => reduceBy(anyOp, cast(x, 'bool'), options)
/** Whether every element is true or not 0, as bool; true over an empty axis. */
export const all = (x: TensorLike, options?: ReduceOptions): Tensor => reduceBy(allOp, cast(x, 'bool'), options)
/** The position of the largest element, int32: the first of several, that of a NaN if there is one; row-major over
 * several axes. @throws ShapeError over an empty axis */
export const argMax = (x: TensorLike, options?: ReduceOptions): Tensor => positionBy(argMaxOp, x, options)
/** The position of the smallest element; see {@link argMax}. @throws ShapeError over an empty axis */
export const argMin = (x: TensorLike, options?: ReduceOptions): Tensor => positionBy(argMinOp, x, options)
