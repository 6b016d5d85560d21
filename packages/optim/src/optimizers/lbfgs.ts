import {
  abs,
  add,
  cast,
  concat,
  div,
  equal,
  expandDims,
  full,
  GradError,
  greater,
  greaterEqual,
  less,
  lessEqual,
  logicalAnd,
  logicalNot,
  logicalOr,
  max,
  minimum,
  mul,
  neg,
  reshape,
  sizeOf,
  slice,
  sub,
  sum,
  where,
  zeros,
  type Tensor,
} from '@gradloom/core'
import { optimizer, type Optimizer } from '../optimizer.ts'
import type { Context, State } from '../transformation.ts'

export interface LbfgsOptions {
  /** Pairs of steps and gradient differences that approximate the curvature. */
  readonly history?: number
  /** The first step length tried along a direction. */
  readonly learningRate?: number
  /** Wolfe's conditions: f(t) <= f(0) + decrease t f'(0), and f'(t) >= curvature f'(0). */
  readonly decrease?: number
  readonly curvature?: number
  /** Nothing moves once no gradient element exceeds this. */
  readonly tolerance?: number
  /** Trials along a direction before it is given up for the steepest descent. */
  readonly trials?: number
}

const dot = (a: Tensor, b: Tensor): Tensor => sum(mul(a, b))
const flat = (list: readonly Tensor[]): Tensor =>
  concat(list.map((t) => reshape(cast(t, list[0].dtype), [sizeOf(t.shape)])))

/**
 * L-BFGS with a line search for Wolfe's weak conditions by bisection. Every call is one evaluation of the loss: it
 * judges the point that the parameters are at and moves them to the next trial, along the same direction or a new one.
 * So one plan serves the whole search, and between calls the parameters are at a trial point. The loss must be the same
 * function in every call (no sampling). Reports `accepted` and `gradientNorm` (the largest element).
 * @see https://doi.org/10.1007/BF01589116, and for the line search https://doi.org/10.1007/s10107-012-0514-2
 */
export const lbfgs = (options: LbfgsOptions = {}): Optimizer =>
  optimizer({
    update(gradients, context) {
      const {
        history = 10,
        learningRate = 1,
        decrease = 1e-4,
        curvature = 0.9,
        tolerance = 1e-10,
        trials = 25,
      } = options
      if (!context.loss) throw new GradError('lbfgs: the loss is required; use minimize')
      const x = flat(context.params)
      const g = flat(gradients)
      const f = cast(context.loss, x.dtype)
      const [n] = x.shape
      const state = (name: string, shape: readonly number[], initial = 0): State =>
        context.state(`lbfgs/${name}`, full(shape, initial, x))
      const base = state('point', [n])
      const baseLoss = state('loss', [])
      const baseGradient = state('gradient', [n])
      const direction = state('direction', [n])
      const length = state('length', [])
      const low = state('low', [])
      const high = state('high', [], Infinity)
      const count = state('trials', [])
      const steps = state('steps', [history, n])
      const differences = state('differences', [history, n])
      const inverse = state('inverse', [history])
      const scale = state('scale', [])

      // Is this point good enough? The first one always is: there is no direction yet, and slope and length are 0.
      const slope = dot(baseGradient.value, direction.value)
      const isFirst = equal(length.value, 0)
      const falls = lessEqual(f, add(baseLoss.value, mul(mul(length.value, slope), decrease)))
      const flattens = greaterEqual(dot(g, direction.value), mul(slope, curvature))
      const spent = greaterEqual(count.value, trials)
      const accepted = logicalOr(isFirst, logicalAnd(falls, logicalOr(flattens, spent)))
      const restarts = logicalAnd(spent, logicalNot(accepted))
      const keep = (yes: Tensor | number, no: Tensor): Tensor => where(accepted, yes, no)

      // The new pair, where its curvature is positive.
      const s = sub(x, base.value)
      const y = sub(g, baseGradient.value)
      const sy = dot(s, y)
      const yy = dot(y, y)
      const pushes = logicalAnd(logicalAnd(accepted, logicalNot(isFirst)), greater(sy, mul(yy, 1e-12)))
      const push = (list: State, item: Tensor): Tensor =>
        where(pushes, concat([slice(list.value, [[1, null]]), expandDims(item, 0)]), list.value)
      const safe = where(pushes, sy, 1)
      const S = push(steps, s)
      const Y = push(differences, y)
      const R = where(restarts, 0, push(inverse, div(1, safe)))
      const gamma = where(pushes, div(sy, where(pushes, yy, 1)), scale.value)

      const from = keep(x, base.value)
      const fromGradient = keep(g, baseGradient.value)
      const found = twoLoops(
        fromGradient,
        S,
        Y,
        R,
        where(greater(gamma, 0), gamma, minimum(div(1, sum(abs(fromGradient))), 1)),
        history,
      )
      const downhill = less(dot(found, fromGradient), 0)
      const turned = logicalOr(accepted, restarts)
      const next = where(turned, where(downhill, found, neg(fromGradient)), direction.value)

      // Too long: halve toward what was too short; too short: double, until there is something too long.
      const lower = where(turned, 0, where(falls, length.value, low.value))
      const upper = where(turned, Infinity, where(falls, high.value, length.value))
      const trial = where(
        turned,
        learningRate,
        where(
          less(upper, Infinity),
          mul(add(lower, where(less(upper, Infinity), upper, 0)), 0.5),
          mul(length.value, 2),
        ),
      )

      const norm = max(abs(g))
      const done = lessEqual(norm, tolerance)
      const set = (target: State, value: Tensor): void => target.set(where(done, target.value, value))
      set(base, from)
      set(baseLoss, keep(f, baseLoss.value))
      set(baseGradient, fromGradient)
      set(direction, next)
      set(length, trial)
      set(low, lower)
      set(high, upper)
      set(count, where(turned, 0, add(count.value, 1)))
      set(steps, S)
      set(differences, Y)
      set(inverse, R)
      set(scale, where(restarts, 0, gamma))
      context.report('accepted', accepted)
      context.report('gradientNorm', norm)
      return unflat(where(done, zeros([n], x), sub(add(from, mul(next, trial)), x)), context)
    },
  })

/** -H g for the inverse Hessian H that the pairs describe, `gamma` at its core; pairs of inverse 0 count nothing. */
function twoLoops(g: Tensor, S: Tensor, Y: Tensor, R: Tensor, gamma: Tensor, history: number): Tensor {
  const weights: Tensor[] = []
  let q = g
  for (let i = history - 1; i >= 0; i--) {
    weights[i] = mul(slice(R, [i]), dot(slice(S, [i]), q))
    q = sub(q, mul(slice(Y, [i]), weights[i]))
  }
  q = mul(q, gamma)
  for (let i = 0; i < history; i++)
    q = add(q, mul(slice(S, [i]), sub(weights[i], mul(slice(R, [i]), dot(slice(Y, [i]), q)))))
  return neg(q)
}

/** Parts of a vector as updates of the parameters. */
function unflat(v: Tensor, { params }: Context): Tensor[] {
  let at = 0
  return params.map((p) => {
    const start = at
    at += sizeOf(p.shape)
    return cast(reshape(slice(v, [[start, at]]), p.shape), p.dtype)
  })
}
