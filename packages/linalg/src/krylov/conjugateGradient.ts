import { add, cast, div, greater, logicalNot, mul, sqrt, sub, zeros, where, zerosLike } from '@gradloom/core'
import { dot, goesOn, ratio, repeated, type Reached, type System } from './iteration.ts'

/** Conjugate gradients, until the residual is small enough or a direction shows that A is not positive definite.
 * @see M. R. Hestenes, E. Stiefel, "Methods of conjugate gradients for solving linear systems", 1952 */
export function conjugateGradient(system: System): Reached {
  const { apply, b, most } = system
  const init = {
    x: zerosLike(b),
    r: b,
    p: b,
    rr: dot(b, b),
    count: zeros([], { dtype: 'int32' }),
    isStuck: zeros([], { dtype: 'bool' }),
  }
  return repeated(
    most,
    init,
    ({ rr, isStuck, count }) => goesOn(sqrt(rr), system, isStuck, count),
    ({ x, r, p, rr, count }) => {
      const q = apply(p)
      const curvature = dot(p, q)
      const isUseful = greater(curvature, 0)
      const step = where(isUseful, ratio(rr, curvature), 0)
      const rest = sub(r, mul(step, q))
      const next = dot(rest, rest)
      return {
        x: add(x, mul(step, p)),
        r: rest,
        p: add(rest, mul(div(next, rr), p)),
        rr: next,
        count: add(count, cast(isUseful, 'int32')),
        isStuck: logicalNot(isUseful),
      }
    },
  )
}
