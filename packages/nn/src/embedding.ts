import { take, type Tensor, type TensorLike } from '@gradloom/core'

/** Rows of a table by number: `[V, F]`, int32 ids `[...] -> [..., F]`; negative ids count from the end. The gradient
 * adds up for ids that occur again.
 * @throws DTypeError where ids are no int32; IndexError while running for an id outside the table */
export const embedding = (table: TensorLike, ids: TensorLike): Tensor => take(table, ids, 0)
