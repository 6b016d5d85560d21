import { div, equal, mul, sqrt, sum, type Tensor, type Traced } from '@gradloom/core'
import { cond, scan } from '@gradloom/ops'
import { unless } from '../ops/unless.ts'

/** What a method solves: A as a function of vectors `[n]`, b `[n]`, the norm of a residual that is small enough, and
 * how many iterations to make at most. */
export interface System {
  readonly apply: (x: Tensor) => Tensor
  readonly b: Tensor
  readonly least: Tensor
  readonly most: number
}

/** A solution, and after how many iterations. */
export interface Reached {
  readonly x: Tensor
  readonly count: Tensor
}

export const dot = (a: Tensor, b: Tensor): Tensor => sum(mul(a, b))
export const norm = (a: Tensor): Tensor => sqrt(dot(a, a))

/** a / b, and 0 where b is 0. */
export const ratio = (a: Tensor, b: Tensor): Tensor => unless(equal(b, 0), b, 0, (divisor) => div(a, divisor))

type State = Readonly<Record<string, Tensor>>

/** `step` as long as the state asks for it, at most `most` times. */
export function repeated<S extends Record<keyof S, Tensor>>(
  most: number,
  init: S,
  isActive: (state: S) => Tensor,
  step: (state: S) => S,
): S {
  const names = Object.keys(init) as (keyof S & string)[]
  const recordOf = (values: readonly Tensor[]): S =>
    Object.fromEntries(names.map((name, i) => [name, values[i]])) as unknown as S
  const inOrder = (state: S): State => Object.fromEntries(names.map((name) => [name, state[name]]))
  const next = (carry: Traced<State>): readonly [Traced<State>, null] => {
    const state = carry as unknown as S
    const stepped = cond(
      isActive(state),
      (...now) => inOrder(step(recordOf(now))),
      (...now) => inOrder(recordOf(now)),
      ...names.map((name) => state[name]),
    )
    return [stepped, null]
  }
  const [last] = scan(next, inOrder(init), null, { length: most })
  return last as unknown as S
}
