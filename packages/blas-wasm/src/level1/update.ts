import type { Lanes, Real } from '../lanes.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { i32 } from '../wasm/scalar.ts'
import { v128 } from '../wasm/simd.ts'
import type { Value } from '../wasm/value.ts'
import { walk } from './strided.ts'

type Pair = FunctionHandle<readonly ['i32', 'i32', 'i32', 'i32', 'i32']>
type ScaledPair = FunctionHandle<readonly ['i32', Real, 'i32', 'i32', 'i32', 'i32']>

/** `copy(n, x, incX, y, incY)`: y = x. */
export function emitCopy(m: Module, lanes: Lanes): Pair {
  return m.shared({ name: `${lanes.key}.copy`, params: ['i32', 'i32', 'i32', 'i32', 'i32'] }, (f) => {
    const [n, x, incX, y, incY] = f.params
    walk(
      f,
      lanes,
      n,
      [
        [x, incX],
        [y, incY],
      ],
      2,
      (step, _, offset) => {
        if (step >= 0) f.store('v128', y, v128.load(x, offset), offset)
        else f.store(lanes.type, y, lanes.scalar.load(x))
      },
    )
  })
}

/** `swap(n, x, incX, y, incY)`: exchanges x and y. */
export function emitSwap(m: Module, lanes: Lanes): Pair {
  return m.func({ name: `${lanes.key}.swap`, params: ['i32', 'i32', 'i32', 'i32', 'i32'] }, (f) => {
    const [n, x, incX, y, incY] = f.params
    walk(
      f,
      lanes,
      n,
      [
        [x, incX],
        [y, incY],
      ],
      1,
      (step) => {
        const old = f.let<'v128' | Real>(step >= 0 ? v128.load(x) : lanes.scalar.load(x))
        if (step >= 0) {
          f.store('v128', x, v128.load(y))
          f.store('v128', y, old as Value<'v128'>)
        } else {
          f.store(lanes.type, x, lanes.scalar.load(y))
          f.store(lanes.type, y, old as Value<Real>)
        }
      },
    )
  })
}

/** `axpy(n, alpha, x, incX, y, incY)`: y = alpha x + y; nothing for alpha = 0. Same rounding in the vector part and the
 * rest. */
export function emitAxpy(m: Module, lanes: Lanes): ScaledPair {
  return m.func(
    { name: `${lanes.key}.axpy`, params: ['i32', lanes.type, 'i32', 'i32', 'i32', 'i32'] as const },
    (f) => {
      const [n, alpha, x, incX, y, incY] = f.params
      f.if(lanes.scalar.eq(alpha, 0), () => f.return())
      const a = f.let(lanes.vector.splat(alpha))
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
          if (step >= 0) f.store('v128', y, lanes.fma(a, v128.load(x, offset), v128.load(y, offset)), offset)
          else f.store(lanes.type, y, lanes.vector.extractLane(lanes.fma(a, lanes.loadZero(x), lanes.loadZero(y)), 0))
        },
      )
    },
  )
}

/** `scal(n, alpha, x, incX)`: x = alpha x, also for alpha = 0 (NaN stays). Nothing unless incX > 0. */
export function emitScal(m: Module, lanes: Lanes): FunctionHandle<readonly ['i32', Real, 'i32', 'i32']> {
  return m.func({ name: `${lanes.key}.scal`, params: ['i32', lanes.type, 'i32', 'i32'] as const }, (f) => {
    const [n, alpha, x, incX] = f.params
    f.if(i32.leS(incX, 0), () => f.return())
    const a = f.let(lanes.vector.splat(alpha))
    walk(f, lanes, n, [[x, incX]], 4, (step, _, offset) => {
      if (step >= 0) f.store('v128', x, lanes.vector.mul(a, v128.load(x, offset)), offset)
      else f.store(lanes.type, x, lanes.scalar.mul(alpha, lanes.scalar.load(x)))
    })
  })
}

/** `rot(n, x, incX, y, incY, c, s)`: x, y = c x + s y, c y - s x. */
export function emitRot(
  m: Module,
  lanes: Lanes,
): FunctionHandle<readonly ['i32', 'i32', 'i32', 'i32', 'i32', Real, Real]> {
  return m.func(
    { name: `${lanes.key}.rot`, params: ['i32', 'i32', 'i32', 'i32', 'i32', lanes.type, lanes.type] as const },
    (f) => {
      const [n, x, incX, y, incY, c, s] = f.params
      const [cosine, sine] = [f.let(lanes.vector.splat(c)), f.let(lanes.vector.splat(s))]
      const { mul, add, sub } = lanes.vector
      walk(
        f,
        lanes,
        n,
        [
          [x, incX],
          [y, incY],
        ],
        1,
        (step) => {
          const load = step >= 0 ? v128.load : lanes.loadZero
          const [a, b] = [f.let(load(x)), f.let(load(y))]
          for (const [at, v] of [
            [x, add(mul(cosine, a), mul(sine, b))],
            [y, sub(mul(cosine, b), mul(sine, a))],
          ] as const) {
            if (step >= 0) f.store('v128', at, v)
            else f.store(lanes.type, at, lanes.vector.extractLane(v, 0))
          }
        },
      )
    },
  )
}
