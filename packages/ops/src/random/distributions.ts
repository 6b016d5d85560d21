import {
  abs,
  add,
  clip,
  div,
  less,
  lessEqual,
  log,
  log1p,
  mul,
  neg,
  pow,
  reciprocal,
  sqrt,
  square,
  stopGradient,
  sub,
  where,
  type DType,
  type Shape,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { cos, sin } from '../elementwise/trigonometric.ts'
import type { Source } from './bits.ts'

type Like = Shape | Tensor

/** log u for u uniform in (0, 1]. */
const logUnit = (source: Source, shape: Like, dtype?: DType): Tensor => log1p(neg(source.unit(shape, dtype)))

/** Two independent standard normals (Box and Muller): sqrt(-2 log u) times cosine and sine of 2 pi v. */
export function normals(source: Source, shape: Like, dtype?: DType): [Tensor, Tensor] {
  const r = sqrt(mul(logUnit(source, shape, dtype), -2))
  const angle = mul(source.unit(shape, dtype), 2 * Math.PI)
  return [mul(r, cos(angle)), mul(r, sin(angle))]
}

/** The first candidate that is accepted, else the last value: a fixed number of rounds, as values cannot steer a plan.
 * */
const firstAccepted = (
  candidates: readonly { readonly value: Tensor; readonly accepted: Tensor }[],
  otherwise: Tensor,
): Tensor => candidates.reduceRight((rest, { value, accepted }) => where(accepted, value, rest), otherwise)

/** Exponential with rate 1. */
export const exponential1 = (source: Source, shape: Like, dtype?: DType): Tensor => neg(logUnit(source, shape, dtype))

/** A standard normal within [-2, 2]: the first of 8 that is; clipped in the case, of probability 2e-11, that none is.
 * */
export function truncated(source: Source, shape: Like, dtype?: DType): Tensor {
  const draws = [0, 1, 2, 3].flatMap(() => normals(source, shape, dtype))
  return firstAccepted(
    draws.map((value) => ({ value, accepted: lessEqual(abs(value), 2) })),
    clip(draws[0], { min: -2, max: 2 }),
  )
}

/** Gamma with scale 1 by Marsaglia and Tsang (A Simple Method for Generating Gamma Variables, 2000): a round accepts
 * with a probability of at least 0.95, so that 8 fail in one of 2e10 cases; the result is then alpha - 1/3. Below alpha
 * = 1, gamma(alpha) = gamma(alpha + 1) u^(1 / alpha). */
export function gamma1(source: Source, shape: Like, alpha: TensorLike, dtype?: DType): Tensor {
  const a = stopGradient(alpha)
  const small = less(a, 1)
  const d = sub(where(small, add(a, 1), a), 1 / 3)
  const c = reciprocal(sqrt(mul(d, 9)))
  const rounds = [0, 1, 2, 3]
    .flatMap(() => normals(source, shape, dtype))
    .map((x) => {
      const t = add(mul(c, x), 1)
      const v = mul(t, square(t))
      // log v is NaN where v < 0: such a round is refused.
      return {
        value: mul(d, v),
        accepted: less(logUnit(source, shape, dtype), add(mul(square(x), 0.5), mul(d, add(sub(1, v), log(v))))),
      }
    })
  return mul(firstAccepted(rounds, d), where(small, pow(sub(1, source.unit(shape, dtype)), div(1, a)), 1))
}
