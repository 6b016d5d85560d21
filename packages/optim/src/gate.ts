import { where, type Tensor, type Tree } from '@gradloom/core'
import { mapTensors, type TensorTree } from './tensors.ts'

/** The state `after` where the bool scalar `open` holds, else the one `before`. */
export const gateState = (open: Tensor, before: Tree, after: Tree): TensorTree =>
  mapTensors((old, next) => (old === next ? old : where(open, next, old)), before, after)

/** The updates where `open` holds, else zeros. */
export const gateUpdates = (open: Tensor, updates: Tree): TensorTree => mapTensors((u) => where(open, u, 0), updates)
