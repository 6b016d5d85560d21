import {
  add,
  cast,
  type DType,
  DTypeError,
  equal,
  expandDims,
  isFloat,
  less,
  mul,
  ShapeError,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@gradloom/core'
import { asIndices, checkDType, grid, iota, isCount } from '@gradloom/core/extend'
type Options = { readonly dtype?: DType }

const count = (name: string, n: number): number => {
  if (!isCount(n)) throw new ShapeError(`${name}: a non-negative whole number of elements required, got ${n}`)
  return n
}

/** start, start + step, ... up to but without stop; `arange(n)` is 0 ... n - 1. int32 where all are whole numbers, else
 * float32, unless `dtype` says otherwise. @throws ShapeError for a step of 0 @example arange(10, 0, -2) */
export function arange(start: number, stop?: number, step = 1, { dtype }: Options = {}): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  const kind = dtype ?? ([from, to, step].every(Number.isInteger) ? 'int32' : 'float32')
  checkDType('arange', kind)
  return add(mul(cast(iota([count('arange', Math.max(0, Math.ceil((to - from) / step)))]), kind), step), from)
}

/** `num` evenly spaced numbers from start to stop, both included exactly. @throws ShapeError, DTypeError for an integer
 * dtype */
export function linspace(start: number, stop: number, num = 50, { dtype = 'float32' }: Options = {}): Tensor {
  if (!isFloat(dtype)) throw new DTypeError(`linspace: a float dtype required, got ${dtype}; use arange`)
  const last = count('linspace', num) - 1
  const step = (stop - start) / (last || 1)
  const i = cast(iota([num]), dtype)
  // Each half counts from its own end, so that both ends are exact.
  return where(less(i, (last + 1) / 2), add(mul(i, step), start), sub(stop, mul(sub(last, i), step)))
}

/** The n x m matrix (square without m) with ones on its diagonal. @throws ShapeError for negative sizes @example eye(3,
 * { dtype: 'float64' }) */
export function eye(n: number, m: number | Options = n, options: Options = {}): Tensor {
  const [columns, { dtype = 'float32' }] = typeof m === 'number' ? [m, options] : [n, m]
  const [row, column] = grid(count('eye', n), count('eye', columns))
  checkDType('eye', dtype)
  return cast(equal(row, column), dtype)
}

/** 1 at each int32 index along a new last axis of `depth`, else 0; all 0 for an index outside of [0, depth). @throws
 * DTypeError, ShapeError */
export const oneHot = (indices: TensorLike, depth: number, { dtype = 'float32' }: Options = {}): Tensor =>
  cast(equal(expandDims(asIndices('oneHot', indices), -1), iota([count('oneHot', depth)])), dtype)
