import {
  abs,
  add,
  cast,
  concat,
  div,
  equal,
  expandDims,
  full,
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
  zerosLike,
  type Tensor,
} from '@gradloom/core'
import { filledWith } from '@gradloom/core/extend'
import { gateState } from '../gate.ts'
import { optimizer, type Optimizer } from '../optimizer.ts'
import { settings } from '../settings.ts'
import { tensorsOf, type TensorTree } from '../tensors.ts'
import { lossOf } from '../transformation.ts'

export interface LbfgsOptions {
  /** Pairs of steps and gradient differences that approximate the curvature: up to 1,000, each part of the plan. */
  readonly history?: number
  /** The first step length tried along a direction. */
  readonly learningRate?: number
  /** Wolfe's conditions, 0 < decrease < curvature < 1: f(t) <= f(0) + decrease t f'(0), f'(t) >= curvature f'(0). */
  readonly decrease?: number
  readonly curvature?: number
  /** Nothing moves once no gradient element exceeds this. */
  readonly tolerance?: number
  /** Trials along a direction before it is given up for the steepest descent. */
  readonly trials?: number
}

/** Where a search stands. */
type Search = {
  /** The last point that was accepted, and what was found there. */
  readonly point: Tensor
  readonly loss: Tensor
  readonly gradient: Tensor
  readonly direction: Tensor
  /** The step length that the parameters are at, between one that was too short and one that was too long. */
  readonly length: Tensor
  readonly low: Tensor
  readonly high: Tensor
  readonly trials: Tensor
  /** The pairs, the latest last, and the inverse of their products; 0 for a pair that is not there. */
  readonly steps: Tensor
  readonly differences: Tensor
  readonly inverse: Tensor
  /** The curvature at the core of the inverse Hessian; 0 before it is known. */
  readonly scale: Tensor
}

const dot = (a: Tensor, b: Tensor): Tensor => sum(mul(a, b))
const flat = (list: readonly Tensor[]): Tensor =>
  concat(list.map((t) => reshape(cast(t, list[0].dtype), [sizeOf(t.shape)])))

/**
 * L-BFGS with a line search for Wolfe's weak conditions by bisection. Every call is one evaluation of the loss: it
 * judges the point that the parameters are at and moves them to the next trial, along the same direction or a new one.
 * So one plan serves the whole search, and between calls the parameters are at a trial point. The loss must be the same
 * function in every call (no sampling). Reports `accepted` and `gradientNorm` (the largest element).
 * @throws NameError, SettingError for settings; GradError for a step without loss
 * @see https://doi.org/10.1007/BF01589116, and for the line search https://doi.org/10.1007/s10107-012-0514-2
 */
export function lbfgs(options?: LbfgsOptions): Optimizer<{ readonly lbfgs: Search }> {
  const given = settings<Required<LbfgsOptions>>(
    'lbfgs',
    { history: 10, learningRate: 1, decrease: 1e-4, curvature: 0.9, tolerance: 1e-10, trials: 25 },
    options,
    { learningRate: 'a number in (0, Infinity)' },
  )
  const { history, learningRate, decrease, curvature, tolerance, trials } = given
  settings('lbfgs', { curvature: undefined }, { curvature }, { curvature: `a number in (${decrease}, 1)` })
  return optimizer<{ readonly lbfgs: Search }>({
    init(params) {
      const { shape, dtype } = flat(tensorsOf(params))
      const [n] = shape
      const state = (size: readonly number[], initial = 0): Tensor => full(size, initial, { dtype })
      const vector = state([n])
      const number = state([])
      const vectors = state([history, n])
      return {
        lbfgs: {
          point: vector,
          loss: number,
          gradient: vector,
          direction: vector,
          length: number,
          low: number,
          high: state([], Infinity),
          trials: number,
          steps: vectors,
          differences: vectors,
          inverse: state([history]),
          scale: number,
        },
      }
    },
    update(gradients, { lbfgs: old }, context) {
      const params = tensorsOf(context.params)
      const x = flat(params)
      const g = flat(tensorsOf(gradients))
      const f = cast(lossOf('lbfgs', context), x.dtype)
      // Is this point good enough? The first one always is: there is no direction yet, and slope and length are 0.
      const slope = dot(old.gradient, old.direction)
      const isFirst = equal(old.length, 0)
      const falls = lessEqual(f, add(old.loss, mul(mul(old.length, slope), decrease)))
      const flattens = greaterEqual(dot(g, old.direction), mul(slope, curvature))
      const spent = greaterEqual(old.trials, trials)
      const accepted = logicalOr(isFirst, logicalAnd(falls, logicalOr(flattens, spent)))
      const restarts = logicalAnd(spent, logicalNot(accepted))
      const keep = (yes: Tensor | number, no: Tensor): Tensor => where(accepted, yes, no)

      // The new pair, where its curvature is positive.
      const s = sub(x, old.point)
      const y = sub(g, old.gradient)
      const sy = dot(s, y)
      const yy = dot(y, y)
      const pushes = logicalAnd(logicalAnd(accepted, logicalNot(isFirst)), greater(sy, mul(yy, 1e-12)))
      const push = (list: Tensor, item: Tensor): Tensor =>
        where(pushes, concat([slice(list, [[1, null]]), expandDims(item, 0)]), list)
      const steps = push(old.steps, s)
      const differences = push(old.differences, y)
      const inverse = where(restarts, 0, push(old.inverse, div(1, where(pushes, sy, 1))))
      const gamma = where(pushes, div(sy, where(pushes, yy, 1)), old.scale)

      const from = keep(x, old.point)
      const fromGradient = keep(g, old.gradient)
      const found = twoLoops(
        fromGradient,
        steps,
        differences,
        inverse,
        where(greater(gamma, 0), gamma, minimum(div(1, sum(abs(fromGradient))), 1)),
        history,
      )
      const downhill = less(dot(found, fromGradient), 0)
      const turned = logicalOr(accepted, restarts)
      const next = where(turned, where(downhill, found, neg(fromGradient)), old.direction)

      // Too long: halve toward what was too short; too short: double, until there is something too long.
      const lower = where(turned, 0, where(falls, old.length, old.low))
      const upper = where(turned, Infinity, where(falls, old.high, old.length))
      const trial = where(
        turned,
        learningRate,
        where(less(upper, Infinity), mul(add(lower, where(less(upper, Infinity), upper, 0)), 0.5), mul(old.length, 2)),
      )

      const gradientNorm = max(abs(g))
      const done = lessEqual(gradientNorm, tolerance)
      const search: Search = {
        point: from,
        loss: keep(f, old.loss),
        gradient: fromGradient,
        direction: next,
        length: trial,
        low: lower,
        high: upper,
        trials: where(turned, 0, add(old.trials, 1)),
        steps,
        differences,
        inverse,
        scale: where(restarts, 0, gamma),
      }
      const move = where(done, zerosLike(x), sub(add(from, mul(next, trial)), x))
      return {
        updates: filledWith(context.params, unflat(move, params)) as TensorTree,
        state: { lbfgs: gateState(logicalNot(done), old, search) as Search },
        reports: { accepted, gradientNorm },
      }
    },
  })
}

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

/** Parts of a vector in the shapes of the parameters. */
function unflat(v: Tensor, params: readonly Tensor[]): Tensor[] {
  let at = 0
  return params.map((p) => {
    const start = at
    at += sizeOf(p.shape)
    return cast(reshape(slice(v, [[start, at]]), p.shape), p.dtype)
  })
}
