import {
  add,
  cast,
  div,
  exp,
  expandDims,
  floor,
  full,
  less,
  lessEqual,
  log,
  maximum,
  minimum,
  mul,
  pow,
  remainder,
  sub,
  sum,
  tensor,
  Tensor,
  where,
  type DType,
} from '@gradloom/core'
import { cos } from '@gradloom/ops'

/** What formulas of schedules are written in, so that one formula serves plans and hosts. */
export interface Arithmetic<T> {
  add(a: T | number, b: T | number): T
  sub(a: T | number, b: T | number): T
  mul(a: T | number, b: T | number): T
  div(a: T | number, b: T | number): T
  pow(a: T | number, b: T | number): T
  min(a: T | number, b: T | number): T
  max(a: T | number, b: T | number): T
  /** a - floor(a / b) b. */
  mod(a: T | number, b: T | number): T
  floor(a: T): T
  cos(a: T): T
  log(a: T): T
  /** `yes` where a < b, else `no`. */
  ifLess(a: T | number, b: T | number, yes: T | number, no: T | number): T
  /** Of whole numbers, the one whose start is the last of the rising `starts` that a has reached. */
  lookup(a: T, starts: readonly number[], values: readonly number[]): T
}

export const onNumbers: Arithmetic<number> = Object.freeze({
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  pow: Math.pow,
  min: Math.min,
  max: Math.max,
  mod: (a: number, b: number) => a - Math.floor(a / b) * b,
  floor: Math.floor,
  cos: Math.cos,
  log: Math.log,
  ifLess: (a: number, b: number, yes: number, no: number) => (a < b ? yes : no),
  lookup: (a: number, starts: readonly number[], values: readonly number[]) =>
    values[
      Math.max(
        0,
        starts.findLastIndex((start) => start <= a),
      )
    ],
})

/** Steps are counted in int32, and float32 has no odd numbers above 2^24. What compares, subtracts or takes remainders
 * of whole numbers stays in int32, where it is exact; what could overflow there is computed in `dtype`. */
export const onTensors = (dtype: DType): Arithmetic<Tensor> => {
  const lift = (x: Tensor | number): Tensor => (x instanceof Tensor ? cast(x, dtype) : full([], x, { dtype }))
  return {
    add: (a, b) => add(lift(a), lift(b)),
    sub,
    mul: (a, b) => mul(lift(a), lift(b)),
    div,
    // As exp(b log a): a base close to 1 would be rounded before it is raised to a high power.
    pow: (a, b) => (typeof a === 'number' && a > 0 ? exp(mul(lift(b), Math.log(a))) : pow(lift(a), lift(b))),
    min: minimum,
    max: maximum,
    mod: remainder,
    floor,
    cos,
    log,
    ifLess: (a, b, yes, no) => where(less(a, b), lift(yes), lift(no)),
    lookup(a, starts, values) {
      const reached = lessEqual(tensor([...starts], { dtype: 'int32' }), expandDims(a, -1))
      const rises = values.map((value, i) => value - (values[i - 1] ?? 0))
      return sum(where(reached, tensor(rises, { dtype: 'int32' }), 0), { axis: -1 })
    },
  }
}
