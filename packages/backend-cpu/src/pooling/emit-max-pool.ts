import {
  i32,
  i32x4,
  i64x2,
  shuffle,
  v128,
  type FunctionBuilder,
  type Lanes,
  type Local,
  type Module,
  type Value,
} from '@gradloom/blas-wasm'
import { forWindows, windowParams } from '../convolution/emit-windows.ts'

const WORD = 4
type Vector = Value<'v128'>

/** Integers as wide as the lanes of a real type: places in a window next to its values. */
export const placeLanes = ({ count }: Lanes) => ({
  splat: (place: Value<'i32'>): Vector => (count === 4 ? i32x4.splat(place) : i64x2.extendLowU(i32x4.splat(place))),
  equal: (a: Vector, b: Vector): Vector => (count === 4 ? i32x4.eq(a, b) : i64x2.eq(a, b)),
  load: (address: Value<'i32'>): Vector =>
    count === 4 ? v128.load(address) : i64x2.extendLowU(v128.load64Zero(address)),
  /** A whole vector of int32. */
  store: (f: FunctionBuilder, address: Value<'i32'>, places: Vector): void =>
    count === 4 ? f.store('v128', address, places) : f.storeLane(64, address, shuffle(places, places, 0, 2, 0, 2), 0),
})

/** The running maximum of a window and its place: a later element wins if it is larger or NaN. */
export function runningMaximum(
  f: FunctionBuilder,
  lanes: Lanes,
): {
  readonly best: Local<'v128'>
  readonly place: Local<'v128'>
  start(first: Vector): void
  next(value: Vector, place: Vector): void
} {
  const best = f.local('v128')
  const place = f.local('v128')
  return {
    best,
    place,
    start: (first) => {
      f.set(best, first)
      f.set(place, v128.xor(place, place))
    },
    next: (value, at) => {
      const better = f.let(v128.or(lanes.vector.gt(value, best), lanes.vector.ne(value, value)))
      f.set(best, v128.bitselect(value, best, better))
      f.set(place, v128.bitselect(at, place, better))
    },
  }
}

/** `maxPool(x, xPlane, y, place, planes, own, positions, kinds, count, taps, tapCount)`: maxima and their places,
 * `count` outputs a plane. `own`: the place of each output's first tap that is no padding, which has the maximum where
 * that is -infinity; 0 where nothing is padded. */
export function emitMaxPool(m: Module, lanes: Lanes): void {
  const places = placeLanes(lanes)
  const bits = lanes.count === 4 ? 32 : 64
  m.func(
    { name: 'maxPool', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', ...windowParams], export: true },
    (f) => {
      const [x, xPlane, y, place, planes, own, positions, kinds, count, taps, tapCount] = f.params
      const i = f.local('i32')
      const running = [0, 1].map(() => runningMaximum(f, lanes))
      const lowest = f.let(lanes.vector.splat(-Infinity))
      f.for(i, 0, planes, 1, () => {
        forWindows(
          f,
          lanes,
          { x, positions, kinds, count, taps, tapCount },
          {
            wide: 2,
            start: (values) => values.forEach((v, k) => running[k].start(v)),
            next: (values, tap) => {
              const place = f.let(places.splat(tap))
              values.forEach((v, k) => running[k].next(f.let(v), place))
            },
            store: (k, at, lane) => {
              const to = i32.add(y, i32.mul(at, lanes.bytes))
              const placeTo = i32.add(place, i32.shl(at, 2))
              f.if(own, () => {
                const ownAt = i32.add(own, i32.shl(at, 2))
                const first = lane === undefined ? places.load(ownAt) : places.splat(i32.load(ownAt))
                const none = lanes.vector.eq(running[k].best, lowest)
                f.set(running[k].place, v128.bitselect(first, running[k].place, none))
              })
              if (lane === undefined) {
                f.store('v128', to, running[k].best)
                places.store(f, placeTo, running[k].place)
              } else {
                f.storeLane(bits, to, running[k].best, lane)
                f.storeLane(32, placeTo, running[k].place, lane * (lanes.bytes / WORD))
              }
            },
          },
        )
        f.advance(x, xPlane)
        f.advance(y, i32.mul(count, lanes.bytes))
        f.advance(place, i32.shl(count, 2))
      })
    },
  )
}

/** `scatterPlaces(place, g, y, yPlane, planes, positions, count, taps)`: adds g[j] to the plane of y at positions[j] +
 * taps[place[j]]. */
export function emitScatterPlaces(m: Module, lanes: Lanes): void {
  m.func(
    { name: 'scatterPlaces', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], export: true },
    (f) => {
      const [place, g, y, yPlane, planes, positions, count, taps] = f.params
      const i = f.local('i32')
      const j = f.local('i32')
      const p = f.local('i32')
      f.for(i, 0, planes, 1, () => {
        f.set(p, positions)
        f.for(j, 0, count, 1, () => {
          const tap = i32.load(i32.add(taps, i32.shl(i32.load(place), 2)))
          const to = f.let(i32.add(i32.add(y, i32.load(p)), tap))
          f.store(lanes.type, to, lanes.scalar.add(lanes.scalar.load(to), lanes.scalar.load(g)))
          f.advance(p, WORD)
          f.advance(place, WORD)
          f.advance(g, lanes.bytes)
        })
        f.advance(y, yPlane)
      })
    },
  )
}
