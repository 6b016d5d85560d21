import {
  div,
  equal,
  greater,
  less,
  logicalAnd,
  logicalNot,
  mul,
  sqrt,
  sum,
  type Tensor,
  type Traced,
} from '@gradloom/core'
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

/** Whether to go on: the residual is too large, something is found still, and iterations are left. */
export const goesOn = (rest: Tensor, { least, most }: System, isStuck: Tensor, count: Tensor): Tensor =>
  logicalAnd(logicalAnd(greater(rest, least), logicalNot(isStuck)), less(count, most))

type State = Readonly<Record<string, Tensor>>

/** Iterations of one scan: those after the last that counts cost a millisecond or two. */
const BLOCK = 1000

/** `step` as long as the state asks for it, at most `most` times. More than fit in a block are blocks, themselves
 * repeated: what is left costs no more than about two blocks, and goes by whole blocks, so that the state must tell
 * when it is enough. */
export function repeated<S extends Record<keyof S, Tensor>>(
  most: number,
  init: S,
  isActive: (state: S) => Tensor,
  step: (state: S) => S,
): S {
  if (most > BLOCK)
    return repeated(Math.ceil(most / BLOCK), init, isActive, (state) => repeated(BLOCK, state, isActive, step))
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
