import {
  add,
  cast,
  equal,
  lessEqual,
  logicalNot,
  logicalOr,
  mul,
  ones,
  sub,
  where,
  zeros,
  zerosLike,
} from '@gradloom/core'
import { dot, goesOn, norm, ratio, repeated, type Reached, type System } from './iteration.ts'

/** Stabilised biconjugate gradients, until the residual is small enough or a product that it divides by is 0.
 * @see H. A. van der Vorst, "Bi-CGSTAB", 1992, https://doi.org/10.1137/0913035 */
export function bicgstab(system: System): Reached {
  const { apply, b, least, most } = system
  const none = zerosLike(b)
  const one = ones([], { dtype: b.dtype })
  const init = {
    x: none,
    r: b,
    p: none,
    v: none,
    rho: one,
    alpha: one,
    omega: one,
    count: zeros([], { dtype: 'int32' }),
    isStuck: zeros([], { dtype: 'bool' }),
  }
  return repeated(
    most,
    init,
    ({ r, isStuck, count }) => goesOn(norm(r), system, isStuck, count),
    (now) => {
      const rho = dot(b, now.r)
      const beta = mul(ratio(rho, now.rho), ratio(now.alpha, now.omega))
      const p = add(now.r, mul(beta, sub(now.p, mul(now.omega, now.v))))
      const v = apply(p)
      const along = dot(b, v)
      const isBroken = logicalOr(equal(rho, 0), equal(along, 0))
      const alpha = ratio(rho, along)
      const half = sub(now.r, mul(alpha, v))
      const t = apply(half)
      // Where half a step is enough, the other half would divide rounding by rounding.
      const isEnough = lessEqual(norm(half), least)
      const omega = where(logicalOr(isBroken, isEnough), 0, ratio(dot(t, half), dot(t, t)))
      return {
        x: add(now.x, add(mul(alpha, p), mul(omega, half))),
        r: sub(half, mul(omega, t)),
        p,
        v,
        rho,
        alpha,
        omega,
        count: add(now.count, cast(logicalNot(isBroken), 'int32')),
        isStuck: equal(omega, 0),
      }
    },
  )
}
