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
  roundTo,
  ShapeError,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@gradloom/core'
import {
  asIndices,
  checkDType,
  checkNumbers,
  grid,
  holds,
  iota,
  isCount,
  settings,
  demand,
  shown,
} from '@gradloom/core/extend'
type Options = { readonly dtype?: DType }

function dtypeOf(name: string, options: Options | undefined, standard: DType = 'float32'): DType {
  const { dtype } = settings<{ dtype: DType }>(name, options, { dtype: standard })
  checkDType(name, dtype)
  return dtype
}

const count = (name: string, n: number): number => {
  if (!isCount(n)) throw new ShapeError(`${name}: a non-negative whole number of elements required, got ${shown(n)}`)
  return n
}

/** start, start + step, ... up to but without stop; `arange(n)` is 0 ... n - 1. int32 where all are whole numbers, else
 * float32, unless `dtype` says otherwise. @throws ShapeError for a step of 0, DTypeError for numbers that an integer
 * dtype does not have @example arange(10, 0, -2) */
export function arange(start: number, stop?: number, step = 1, options?: Options): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop]
  for (const n of [from, to, step]) demand(typeof n === 'number', 'arange', 'a number', n)
  const kind = dtypeOf('arange', options, [from, to, step].every(Number.isInteger) ? 'int32' : 'float32')
  checkNumbers('arange', kind)
  const n = count('arange', Math.max(0, Math.ceil((to - from) / step)))
  const ends = n ? [from, from + (n - 1) * step] : []
  if (!isFloat(kind) && !(Number.isInteger(step) && ends.every((end) => holds(kind, end))))
    throw new DTypeError(`arange: ${kind} values required, got ${ends.join(' to ')} by ${step}; use another dtype`)
  // Modulo 2^32 an end within the range is reached by any step.
  return add(mul(cast(iota([n]), kind), roundTo(step, kind)), n && from)
}

/** `num` evenly spaced numbers from start to stop, both included exactly. @throws ShapeError, DTypeError for an integer
 * dtype */
export function linspace(start: number, stop: number, num = 50, options?: Options): Tensor {
  const dtype = dtypeOf('linspace', options)
  for (const n of [start, stop]) demand(typeof n === 'number', 'linspace', 'a number', n)
  if (!isFloat(dtype)) throw new DTypeError(`linspace: a float dtype required, got ${dtype}; use arange`)
  const last = count('linspace', num) - 1
  const step = (stop - start) / (last || 1)
  const i = cast(iota([num]), dtype)
  // Each half counts from its own end, so that both ends are exact.
  return where(less(i, (last + 1) / 2), add(mul(i, step), start), sub(stop, mul(sub(last, i), step)))
}

/** The n x m matrix (square without m) with ones on its diagonal. @throws ShapeError for negative sizes @example eye(3,
 * { dtype: 'float64' }) */
export function eye(n: number, m: number | Options = n, options?: Options): Tensor {
  const [columns, rest] = typeof m === 'number' ? [m, options] : [n, m]
  const dtype = dtypeOf('eye', rest)
  const [row, column] = grid(count('eye', n), count('eye', columns))
  return cast(equal(row, column), dtype)
}

/** 1 at each int32 index along a new last axis of `depth`, else 0; all 0 for an index outside of [0, depth). @throws
 * DTypeError, ShapeError */
export function oneHot(indices: TensorLike, depth: number, options?: Options): Tensor {
  const dtype = dtypeOf('oneHot', options)
  return cast(equal(expandDims(asIndices('oneHot', indices), -1), iota([count('oneHot', depth)])), dtype)
}
