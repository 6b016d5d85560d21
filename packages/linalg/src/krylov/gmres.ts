import {
  abs,
  add,
  broadcastTo,
  cast,
  equal,
  expandDims,
  greater,
  less,
  logicalNot,
  matmul,
  mul,
  slice,
  sub,
  sum,
  where,
  zeros,
  zerosLike,
  type Tensor,
} from '@gradloom/core'
import { iota } from '@gradloom/core/extend'
import { eye, hypot } from '@gradloom/ops'
import { triangularSolve } from '../ops/triangularSolve.ts'
import { goesOn, norm, ratio, repeated, type Reached, type System } from './iteration.ts'

/** Directions of a cycle, and what is known of A on their span: a Hessenberg matrix, which rotations `[m + 1, m + 1]`
 * make a triangle. */
interface Cycle {
  /** An orthonormal basis in rows: `[m + 1, n]`, 0 from row k + 1 on. */
  readonly basis: Tensor
  readonly rotations: Tensor
  /** `[m, m]`, 0 from column k on. */
  readonly triangle: Tensor
  /** The residual's norm. */
  readonly rest: Tensor
  readonly k: Tensor
  readonly isStuck: Tensor
}

const column = (t: Tensor): Tensor => expandDims(t, -1)
const row = (t: Tensor): Tensor => expandDims(t, 0)
const times = (m: Tensor, v: Tensor): Tensor => matmul(m, v)
const outer = (a: Tensor, b: Tensor): Tensor => mul(column(a), row(b))

/** One more direction. Orthogonalised twice, which is enough for full precision.
 * @see L. Giraud et al., "The loss of orthogonality in the Gram-Schmidt orthogonalization process", 2005 */
function extend(
  { basis, rotations, triangle, k, rest }: Cycle,
  apply: System['apply'],
  size: Tensor,
  m: number,
): Cycle {
  const unit = (at: Tensor): Tensor => cast(equal(iota([m + 1]), at), basis.dtype)
  const now = unit(k)
  const next = unit(add(k, 1))
  const image = apply(times(now, basis))
  const first = times(basis, image)
  const once = sub(image, times(first, basis))
  const second = times(basis, once)
  const w = sub(once, times(second, basis))
  const length = norm(w)
  const h = times(rotations, add(add(first, second), mul(length, next)))
  const [upper, lower] = [now, next].map((e) => sum(mul(e, h)))
  const radius = hypot(upper, lower)
  const [cosine, sine] = [ratio(upper, radius), ratio(lower, radius)]
  const [above, below] = [now, next].map((e) => times(e, rotations))
  const turned = [
    sub(add(mul(cosine, above), mul(sine, below)), above),
    sub(sub(mul(cosine, below), mul(sine, above)), below),
  ]
  const g = add(rotations, add(outer(now, turned[0]), outer(next, turned[1])))
  const entries = add(mul(h, sub(1, add(now, next))), mul(radius, now))
  // Else nothing but rounding: A is singular on this span, which has the best that there is. Not for NaN either.
  const isUseful = greater(radius, mul(norm(image), (m + 1) * (image.dtype === 'float64' ? 2 ** -52 : 2 ** -23)))
  const taken = (after: Tensor, before: Tensor): Tensor => where(isUseful, after, before)
  return {
    basis: taken(add(basis, outer(next, ratio(w, broadcastTo(length, w.shape)))), basis),
    rotations: taken(g, rotations),
    triangle: taken(add(triangle, outer(slice(entries, [[0, m]]), slice(now, [[0, m]]))), triangle),
    rest: taken(mul(size, abs(sum(mul(next, slice(g, [null, 0]))))), rest),
    k: add(k, cast(isUseful, 'int32')),
    isStuck: logicalNot(isUseful),
  }
}

/** What the cycle adds to x: the best of its span, by back substitution. */
function best({ basis, rotations, triangle, k }: Cycle, size: Tensor, m: number): Tensor {
  const isThere = less(iota([m]), k)
  const right = where(isThere, mul(size, slice(rotations, [[0, m], 0])), 0)
  const unused = cast(logicalNot(isThere), basis.dtype)
  const whole = add(triangle, mul(eye(m, { dtype: basis.dtype }), unused))
  const y = triangularSolve(whole, column(right), { lower: false })
  return times(slice(y, [null, 0]), slice(basis, [[0, m]]))
}

/** Generalised minimal residuals, begun again after every `restart` directions, until the residual is small enough or a
 * cycle finds no direction.
 * @see Y. Saad, M. H. Schultz, "GMRES", 1986, https://doi.org/10.1137/0907058 */
export function gmres(system: System, restart: number): Reached {
  const { apply, b, most } = system
  const { dtype } = b
  const m = Math.min(restart, most, b.shape[0])
  const first = cast(equal(iota([m + 1]), 0), dtype)
  const init = { x: zerosLike(b), r: b, count: zeros([], { dtype: 'int32' }), isStuck: zeros([], { dtype: 'bool' }) }
  if (m === 0) return init
  return repeated(
    Math.ceil(most / m),
    init,
    ({ r, isStuck, count }) => goesOn(norm(r), system, isStuck, count),
    ({ x, r, count }) => {
      const size = norm(r)
      const cycle: Cycle = {
        basis: outer(first, ratio(r, broadcastTo(size, r.shape))),
        rotations: eye(m + 1, { dtype }),
        triangle: zeros([m, m], { dtype }),
        rest: size,
        k: zeros([], { dtype: 'int32' }),
        isStuck: zeros([], { dtype: 'bool' }),
      }
      const done = repeated(
        m,
        cycle,
        ({ rest, k, isStuck }) => goesOn(rest, system, isStuck, add(count, k)),
        (state) => extend(state, apply, size, m),
      )
      const next = add(x, best(done, size, m))
      const rest = sub(b, apply(next))
      // A singular matrix has residuals that no direction makes smaller.
      const isStuck = logicalNot(less(norm(rest), size))
      return { x: next, r: rest, count: add(count, done.k), isStuck }
    },
  )
}
