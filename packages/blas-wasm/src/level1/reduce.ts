import { lanesOf, type Lanes, type Real } from '../lanes.ts'
import type { FunctionBuilder, Local } from '../wasm/function.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { f32, f64, i32 } from '../wasm/scalar.ts'
import { f64x2, shuffle, v128 } from '../wasm/simd.ts'
import type { Value } from '../wasm/value.ts'
import { walk } from './strided.ts'

type Norm = FunctionHandle<readonly ['i32', 'i32', 'i32'], Real>

/** Sum of the accumulators' lanes, always in the same order. */
export function total(lanes: Lanes, sums: readonly Value<'v128'>[]): Value<Real> {
  const { vector } = lanes
  const tree = (v: readonly Value<'v128'>[]): Value<'v128'> =>
    v.length === 1 ? v[0]! : vector.add(tree(v.slice(0, v.length / 2)), tree(v.slice(v.length / 2)))
  const all = tree(sums)
  const lane = (k: number): Value<Real> => vector.extractLane(all, k)
  return Array.from({ length: lanes.count - 1 }, (_, k) => k + 1).reduce(
    (sum, k) => lanes.scalar.add(sum, lane(k)),
    lane(0),
  )
}

const accumulators = (f: FunctionBuilder, count: number): readonly Local<'v128'>[] =>
  Array.from({ length: count }, () => f.local('v128'))

/** `dot(n, x, incX, y, incY)`: sum of x y. */
export function emitDot(m: Module, lanes: Lanes): FunctionHandle<readonly ['i32', 'i32', 'i32', 'i32', 'i32'], Real> {
  return m.func({ name: `${lanes.key}.dot`, params: ['i32', 'i32', 'i32', 'i32', 'i32'], result: lanes.type }, (f) => {
    const [n, x, incX, y, incY] = f.params
    const sums = accumulators(f, 4)
    walk(
      f,
      lanes,
      n,
      [
        [x, incX],
        [y, incY],
      ],
      4,
      (step, _, offset) => {
        const [a, b] = step >= 0 ? [v128.load(x, offset), v128.load(y, offset)] : [lanes.loadZero(x), lanes.loadZero(y)]
        const sum = sums[Math.max(step, 0)]!
        f.set(sum, lanes.fma(a, b, sum))
      },
    )
    f.return(total(lanes, sums))
  })
}

/** `asum(n, x, incX)`: sum of |x|. 0 unless incX > 0. */
export function emitAsum(m: Module, lanes: Lanes): Norm {
  return m.func({ name: `${lanes.key}.asum`, params: ['i32', 'i32', 'i32'], result: lanes.type }, (f) => {
    const [n, x, incX] = f.params
    f.if(i32.leS(incX, 0), () => f.return(lanes.scalar.const(0)))
    const sums = accumulators(f, 4)
    walk(f, lanes, n, [[x, incX]], 4, (step, _, offset) => {
      const sum = sums[Math.max(step, 0)]!
      f.set(sum, lanes.vector.add(sum, lanes.vector.abs(step >= 0 ? v128.load(x, offset) : lanes.loadZero(x))))
    })
    f.return(total(lanes, sums))
  })
}

/** Sum of (x scale)^2 in f64. */
function squares(
  f: FunctionBuilder,
  lanes: Lanes,
  n: Value<'i32'>,
  x: Local<'i32'>,
  incX: Local<'i32'>,
  scale?: Value<'v128'>,
): Value<'f64'> {
  const sums = accumulators(f, 2)
  const wide = lanesOf('f64', lanes.relaxed)
  const scaled = (v: Value<'v128'>): Value<'v128'> => (scale ? f64x2.mul(v, scale) : v)
  const add = (k: number, v: Value<'v128'>): void => {
    const a = f.let(scaled(v))
    f.set(sums[k]!, wide.fma(a, a, sums[k]!))
  }
  const at = f.let(x)
  walk(f, lanes, n, [[at, incX]], 1, (step) => {
    const v = f.let(step >= 0 ? v128.load(at) : lanes.loadZero(at))
    if (lanes.type === 'f64') add(0, v)
    else {
      add(0, f64x2.promoteLowF32x4(v))
      if (step >= 0) add(1, f64x2.promoteLowF32x4(shuffle(v, v, 2, 3, 2, 3)))
    }
  })
  return total(wide, sums) as Value<'f64'>
}

/**
 * `nrm2(n, x, incX)`: the Euclidean norm, without overflow or underflow: squares of f32 are summed in f64; for f64 a
 * second, scaled pass follows where the plain sum left the safe range. 0 unless incX > 0.
 */
export function emitNrm2(m: Module, lanes: Lanes): Norm {
  return m.func({ name: `${lanes.key}.nrm2`, params: ['i32', 'i32', 'i32'], result: lanes.type }, (f) => {
    const [n, x, incX] = f.params
    f.if(i32.leS(incX, 0), () => f.return(lanes.scalar.const(0)))
    const sum = f.let(squares(f, lanes, n, x, incX))
    if (lanes.type === 'f32') {
      f.return(f32.demoteF64(f64.sqrt(sum)))
      return
    }
    const once = (scale: number): void => {
      const again = f.let(squares(f, lanes, n, x, incX, f.hoist(f64x2.splat(scale))))
      f.return(f64.div(f64.sqrt(again), scale))
    }
    // Squares below 2^-900 may have lost bits; NaN fails both comparisons and is the result.
    f.if(f64.gt(sum, 2 ** 1000), () => once(2 ** -600))
    f.if(f64.lt(sum, 2 ** -900), () => once(2 ** 540))
    f.return(f64.sqrt(sum))
  })
}

/**
 * `iamax(n, x, incX)`: index of the first element of largest magnitude. Comparisons as in netlib's loop, so a NaN
 * counts only in first place, where nothing exceeds it. 0 for n < 1 or incX < 1.
 */
export function emitIamax(m: Module, lanes: Lanes): FunctionHandle<readonly ['i32', 'i32', 'i32'], 'i32'> {
  return m.func({ name: `${lanes.key}.iamax`, params: ['i32', 'i32', 'i32'], result: 'i32' }, (f) => {
    const [n, x, incX] = f.params
    f.if(i32.or(i32.leS(incX, 0), i32.leS(n, 1)), () => f.return(i32.const(0)))
    const { vector, scalar } = lanes
    const step = f.let(i32.shl(incX, lanes.shift))
    const best = f.let(scalar.abs(scalar.load(x)))
    f.if(scalar.ne(best, best), () => f.return(i32.const(0)))
    const [at, k, v] = [f.local('i32'), f.local('i32'), f.local('v128')]
    // The largest magnitude first, by vectors where they are contiguous (pmax passes over NaN in its second operand),
    // then where it is.
    f.set(at, x)
    f.if(i32.eq(incX, 1), () => {
      f.set(v, vector.splat(best))
      f.for(k, 0, f.let(i32.and(n, -lanes.count)), lanes.count, () => {
        f.set(v, vector.pmax(v, vector.abs(v128.load(at))))
        f.advance(at, 16)
      })
      for (let lane = 0; lane < lanes.count; lane++) f.set(best, scalar.max(best, vector.extractLane(v, lane)))
    })
    const size = f.local(lanes.type)
    const each = (visit: () => void): void =>
      f.while(i32.ltS(k, n), () => {
        f.set(size, scalar.abs(scalar.load(at)))
        visit()
        f.advance(k, 1)
        f.advance(at, step)
      })
    each(() => f.if(scalar.gt(size, best), () => f.set(best, size)))
    f.set(k, 0)
    f.set(at, x)
    each(() => f.if(scalar.eq(size, best), () => f.return(k)))
    f.return(i32.const(0))
  })
}
