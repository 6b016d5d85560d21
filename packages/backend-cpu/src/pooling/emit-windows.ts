import { i32, i32x4, i64x2, shuffle, v128, type FunctionBuilder, type Lanes, type Local, type Module, type Value } from '@gradloom/blas-wasm'
import { byKind, firstLanes, gather, twoRuns } from '../convolution/emit-gather.ts'

const WORD = 4
type Vector = Value<'v128'>

/** Integers as wide as the lanes of a real type: places in a window next to its values. */
export const placeLanes = ({ count }: Lanes) => ({
  splat: (place: Value<'i32'>): Vector => (count === 4 ? i32x4.splat(place) : i64x2.extendLowU(i32x4.splat(place))),
  equal: (a: Vector, b: Vector): Vector => (count === 4 ? i32x4.eq(a, b) : i64x2.eq(a, b)),
  load: (address: Value<'i32'>): Vector => (count === 4 ? v128.load(address) : i64x2.extendLowU(v128.load64Zero(address))),
  /** A whole vector of int32. */
  store: (f: FunctionBuilder, address: Value<'i32'>, places: Vector): void =>
    count === 4 ? f.store('v128', address, places) : f.storeLane(64, address, shuffle(places, places, 0, 2, 0, 2), 0),
})

/** What is folded over a window, tap by tap: state in locals, results stored per vector of outputs or per lane of the last. */
export interface WindowFold {
  start(first: Vector): void
  next(value: Vector, tap: Local<'i32'>): void
  /** Stores a vector of results for output `at` (an element) on; with `lane`, that lane alone. */
  store(at: Value<'i32'>, lane?: number): void
}

/** Parameters of a kernel over windows: tables of byte offsets into a plane, of the outputs and of the taps. */
export interface WindowTables { readonly x: Local<'i32'>; readonly positions: Local<'i32'>; readonly kinds: Local<'i32'>; readonly count: Local<'i32'>; readonly taps: Local<'i32'>; readonly tapCount: Local<'i32'> }

/** Folds the windows of all outputs of the plane at x. */
export function forWindows(f: FunctionBuilder, lanes: Lanes, { x, positions, kinds, count, taps, tapCount }: WindowTables, fold: WindowFold): void {
  const j = f.local('i32'), tap = f.local('i32'), offset = f.local('i32'), at = f.local('i32')
  f.for(j, 0, count, lanes.count, () => {
    const here = f.let(i32.add(positions, i32.shl(j, 2)))
    const base = Array.from({ length: lanes.count }, (_, i) => f.let(i32.add(x, i32.load(here, i * WORD))))
    const each = (load: (offset: Local<'i32'>) => Vector): void => {
      f.set(offset, i32.load(taps))
      fold.start(load(offset))
      f.set(at, i32.add(taps, WORD))
      f.for(tap, 1, tapCount, 1, () => {
        f.set(offset, i32.load(at))
        fold.next(f.let(load(offset)), tap)
        f.set(at, i32.add(at, WORD))
      })
    }
    const kind = f.let(i32.load(i32.add(kinds, i32.mul(i32.divU(j, lanes.count), WORD))))
    byKind(f, lanes, kind,
      () => each((o) => v128.load(i32.add(base[0], o))),
      () => {
        const mask = f.let(firstLanes(kind))
        each((o) => twoRuns(lanes, mask, i32.add(base[0], o), i32.add(base.at(-1)!, o)))
      },
      () => each((o) => gather(lanes, base.map((b) => i32.add(b, o)))))
    const left = f.let(i32.sub(count, j))
    f.if(i32.geS(left, lanes.count), () => fold.store(j), () => {
      for (let lane = 0; lane < lanes.count - 1; lane++) f.if(i32.gtS(left, lane), () => fold.store(i32.add(j, lane), lane))
    })
  })
}

const windowParams = ['i32', 'i32', 'i32', 'i32', 'i32'] as const

/** The running maximum of a window and its place: a later element wins if it is larger or NaN. */
export function maximum(f: FunctionBuilder, lanes: Lanes): { readonly best: Local<'v128'>; readonly place: Local<'v128'>; start(first: Vector): void; next(value: Vector, place: Vector): void } {
  const best = f.local('v128'), place = f.local('v128')
  return {
    best, place,
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

/** `maxPool(x, xPlane, y, place, planes, positions, kinds, count, taps, tapCount)`: maxima and their places, `count` outputs a plane. */
export function emitMaxPool(m: Module, lanes: Lanes): void {
  const places = placeLanes(lanes), bits = lanes.count === 4 ? 32 : 64
  m.func({ name: 'maxPool', params: ['i32', 'i32', 'i32', 'i32', 'i32', ...windowParams], export: true }, (f) => {
    const [x, xPlane, y, place, planes, positions, kinds, count, taps, tapCount] = f.params
    const i = f.local('i32'), running = maximum(f, lanes)
    f.for(i, 0, planes, 1, () => {
      forWindows(f, lanes, { x, positions, kinds, count, taps, tapCount }, {
        start: running.start,
        next: (value, tap) => running.next(value, f.let(places.splat(tap))),
        store: (at, lane) => {
          const to = i32.add(y, i32.mul(at, lanes.bytes)), placeTo = i32.add(place, i32.shl(at, 2))
          if (lane === undefined) {
            f.store('v128', to, running.best)
            places.store(f, placeTo, running.place)
          } else {
            f.storeLane(bits, to, running.best, lane)
            f.storeLane(32, placeTo, running.place, lane * (lanes.bytes / WORD))
          }
        },
      })
      f.set(x, i32.add(x, xPlane))
      f.set(y, i32.add(y, i32.mul(count, lanes.bytes)))
      f.set(place, i32.add(place, i32.shl(count, 2)))
    })
  })
}

/** `windowSum(x, xPlane, y, yPlane, w, wPlane, planes, positions, kinds, count, taps, tapCount)`: sums of taps by weights, `count` outputs a plane. */
export function emitWindowSum(m: Module, lanes: Lanes): void {
  const bits = lanes.count === 4 ? 32 : 64
  m.func({ name: 'windowSum', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', ...windowParams], export: true }, (f) => {
    const [x, xPlane, y, yPlane, w, wPlane, planes, positions, kinds, count, taps, tapCount] = f.params
    const i = f.local('i32'), sum = f.local('v128'), weight = f.local('i32')
    f.for(i, 0, planes, 1, () => {
      forWindows(f, lanes, { x, positions, kinds, count, taps, tapCount }, {
        start: (first) => {
          f.set(sum, lanes.vector.mul(first, lanes.loadSplat(w)))
          f.set(weight, i32.add(w, lanes.bytes))
        },
        next: (value) => {
          f.set(sum, lanes.fma(value, lanes.loadSplat(weight), sum))
          f.set(weight, i32.add(weight, lanes.bytes))
        },
        store: (at, lane) => {
          const to = i32.add(y, i32.mul(at, lanes.bytes))
          if (lane === undefined) f.store('v128', to, sum)
          else f.storeLane(bits, to, sum, lane)
        },
      })
      f.set(x, i32.add(x, xPlane))
      f.set(y, i32.add(y, yPlane))
      f.set(w, i32.add(w, wPlane))
    })
  })
}

/** `scatterPlaces(place, g, y, yPlane, planes, positions, count, taps)`: adds g[j] to the plane of y at positions[j] + taps[place[j]]. */
export function emitScatterPlaces(m: Module, lanes: Lanes): void {
  m.func({ name: 'scatterPlaces', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'], export: true }, (f) => {
    const [place, g, y, yPlane, planes, positions, count, taps] = f.params, i = f.local('i32'), p = f.local('i32')
    const end = f.let(i32.add(positions, i32.shl(count, 2)))
    f.for(i, 0, planes, 1, () => {
      f.for(p, positions, end, WORD, () => {
        const tap = i32.load(i32.add(taps, i32.shl(i32.load(place), 2))), to = f.let(i32.add(i32.add(y, i32.load(p)), tap))
        f.store(lanes.type, to, lanes.scalar.add(lanes.scalar.load(to), lanes.scalar.load(g)))
        f.set(place, i32.add(place, WORD))
        f.set(g, i32.add(g, lanes.bytes))
      })
      f.set(y, i32.add(y, yPlane))
    })
  })
}
