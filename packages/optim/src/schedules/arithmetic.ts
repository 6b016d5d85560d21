import {
  add,
  div,
  floor,
  full,
  less,
  log,
  maximum,
  minimum,
  mul,
  pow,
  sub,
  where,
  type DType,
  type Tensor,
  type TensorLike,
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
  floor(a: T): T
  cos(a: T): T
  log(a: T): T
  /** `yes` where a < b, else `no`. */
  ifLess(a: T | number, b: T | number, yes: T | number, no: T | number): T
}

export const onNumbers: Arithmetic<number> = Object.freeze({
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  pow: Math.pow,
  min: Math.min,
  max: Math.max,
  floor: Math.floor,
  cos: Math.cos,
  log: Math.log,
  ifLess: (a: number, b: number, yes: number, no: number) => (a < b ? yes : no),
})

/** Numbers take `dtype`, also where two of them meet. */
export const onTensors = (dtype: DType): Arithmetic<Tensor> => {
  const lift = (x: TensorLike): TensorLike => (typeof x === 'number' ? full([], x, { dtype }) : x)
  return {
    add,
    sub,
    mul,
    div,
    pow,
    min: minimum,
    max: maximum,
    floor,
    cos,
    log,
    ifLess: (a, b, yes, no) => where(less(a, b), lift(yes), lift(no)),
  }
}
