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

/** What is folded over windows, tap by tap, for up to `wide` vectors of outputs at a time: state in locals. */
export interface WindowFold {
  readonly wide: number
  /** `values`: the first tap of each vector. */
  start(values: readonly Vector[]): void
  next(values: readonly Vector[], tap: Local<'i32'>): void
  /** Stores the results of vector `i` for output `at` (an element) on; with `lane`, that lane alone. */
  store(i: number, at: Value<'i32'>, lane?: number): void
}

/** Parameters of a kernel over windows: tables of byte offsets into a plane, of the outputs and of the taps. */
export interface WindowTables { readonly x: Local<'i32'>; readonly positions: Local<'i32'>; readonly kinds: Local<'i32'>; readonly count: Local<'i32'>; readonly taps: Local<'i32'>; readonly tapCount: Local<'i32'> }

/** Folds the windows of all outputs of the plane at x: several vectors at a time where their outputs read neighbours. */
export function forWindows(f: FunctionBuilder, lanes: Lanes, { x, positions, kinds, count, taps, tapCount }: WindowTables, fold: WindowFold): void {
  const j = f.local('i32'), tap = f.local('i32'), offset = f.local('i32'), at = f.local('i32')
  const baseOf = (output: Value<'i32'>, lane = 0): Local<'i32'> => f.let(i32.add(x, i32.load(i32.add(positions, i32.shl(output, 2)), lane * WORD)))
  const kindAt = (): Value<'i32'> => i32.add(kinds, i32.mul(i32.divU(j, lanes.count), WORD))
  const each = (load: (offset: Local<'i32'>) => readonly Vector[]): void => {
    f.set(offset, i32.load(taps))
    fold.start(load(offset))
    f.set(at, i32.add(taps, WORD))
    f.for(tap, 1, tapCount, 1, () => {
      f.set(offset, i32.load(at))
      fold.next(load(offset), tap)
      f.set(at, i32.add(at, WORD))
    })
  }
  const single = (): void => {
    const base = Array.from({ length: lanes.count }, (_, i) => baseOf(j, i)), kind = f.let(i32.load(kindAt()))
    byKind(f, lanes, kind,
      () => each((o) => [v128.load(i32.add(base[0], o))]),
      () => {
        const mask = f.let(firstLanes(kind))
        each((o) => [twoRuns(lanes, mask, i32.add(base[0], o), i32.add(base.at(-1)!, o))])
      },
      () => each((o) => [gather(lanes, base.map((b) => i32.add(b, o)))]))
    const left = f.let(i32.sub(count, j))
    f.if(i32.geS(left, lanes.count), () => fold.store(0, j), () => {
      for (let lane = 0; lane < lanes.count - 1; lane++) f.if(i32.gtS(left, lane), () => fold.store(0, i32.add(j, lane), lane))
    })
    f.set(j, i32.add(j, lanes.count))
  }
  const vectors = Array.from({ length: fold.wide }, (_, i) => i), block = fold.wide * lanes.count
  const neighbours = vectors.map((i) => i32.eq(i32.load(kindAt(), i * WORD), lanes.count)).reduce((a, b) => i32.and(a, b))
  f.set(j, 0)
  f.while(i32.ltS(j, count), () => {
    // Kinds past the last group are not read: whole blocks come first.
    f.if(i32.leS(i32.add(j, block), count),
      () => f.if(neighbours,
        () => {
          const bases = vectors.map((i) => baseOf(i32.add(j, i * lanes.count)))
          each((o) => bases.map((b) => v128.load(i32.add(b, o))))
          for (const i of vectors) fold.store(i, i32.add(j, i * lanes.count))
          f.set(j, i32.add(j, block))
        }, single),
      single)
  })
}

const windowParams = ['i32', 'i32', 'i32', 'i32', 'i32'] as const

/** The running maximum of a window and its place: a later element wins if it is larger or NaN. */
export function runningMaximum(f: FunctionBuilder, lanes: Lanes): { readonly best: Local<'v128'>; readonly place: Local<'v128'>; start(first: Vector): void; next(value: Vector, place: Vector): void } {
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
    const i = f.local('i32'), running = [0, 1].map(() => runningMaximum(f, lanes))
    f.for(i, 0, planes, 1, () => {
      forWindows(f, lanes, { x, positions, kinds, count, taps, tapCount }, {
        wide: 2,
        start: (values) => values.forEach((v, k) => running[k].start(v)),
        next: (values, tap) => {
          const place = f.let(places.splat(tap))
          values.forEach((v, k) => running[k].next(f.let(v), place))
        },
        store: (k, at, lane) => {
          const to = i32.add(y, i32.mul(at, lanes.bytes)), placeTo = i32.add(place, i32.shl(at, 2))
          if (lane === undefined) {
            f.store('v128', to, running[k].best)
            places.store(f, placeTo, running[k].place)
          } else {
            f.storeLane(bits, to, running[k].best, lane)
            f.storeLane(32, placeTo, running[k].place, lane * (lanes.bytes / WORD))
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
    const i = f.local('i32'), sums = [0, 1, 2, 3].map(() => f.local('v128')), weight = f.local('i32')
    f.for(i, 0, planes, 1, () => {
      forWindows(f, lanes, { x, positions, kinds, count, taps, tapCount }, {
        wide: 4,
        start: (values) => {
          const first = f.let(lanes.loadSplat(w))
          values.forEach((v, k) => f.set(sums[k], lanes.vector.mul(v, first)))
          f.set(weight, i32.add(w, lanes.bytes))
        },
        next: (values) => {
          const factor = f.let(lanes.loadSplat(weight))
          values.forEach((v, k) => f.set(sums[k], lanes.fma(v, factor, sums[k])))
          f.set(weight, i32.add(weight, lanes.bytes))
        },
        store: (k, at, lane) => {
          const to = i32.add(y, i32.mul(at, lanes.bytes))
          if (lane === undefined) f.store('v128', to, sums[k])
          else f.storeLane(bits, to, sums[k], lane)
        },
      })
      f.set(x, i32.add(x, xPlane))
      f.set(y, i32.add(y, yPlane))
      f.set(w, i32.add(w, wPlane))
    })
  })
}

/** Taps that share the loads of one vector of cotangents: 9 is 5 + 3 + 1. */
const DOT_TAPS = [5, 3, 1]

/** `windowDots(x, xPlane, g, gPlane, y, yPlane, planes, positions, kinds, count, taps, tapCount)`: adds to y[t] the sum over the outputs j of g[j] times
 * the element of tap t, plane by plane. `g` and `kinds` begin at the output that `positions` begins at. */
export function emitWindowDots(m: Module, lanes: Lanes): void {
  const { bytes, count: width } = lanes
  m.func({ name: 'windowDots', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', ...windowParams], export: true }, (f) => {
    const [x, xPlane, g, gPlane, y, yPlane, planes, positions, kinds, count, taps, tapCount] = f.params
    const i = f.local('i32'), j = f.local('i32'), tap = f.local('i32'), kindAt = f.local('i32'), at = f.local('i32'), from = f.local('i32')
    const whole = f.let(i32.and(count, -width)), factor = f.local('v128')
    const some = (n: number): void => {
      const tapsAt = f.let(i32.add(taps, i32.shl(tap, 2)))
      const offsets = Array.from({ length: n }, (_, t) => f.let(i32.add(x, i32.load(tapsAt, t * WORD)))), sums = offsets.map(() => f.local('v128'))
      for (const sum of sums) f.set(sum, lanes.vector.splat(0))
      f.set(kindAt, kinds)
      f.set(at, positions)
      f.set(from, g)
      f.for(j, 0, whole, width, () => {
        f.set(factor, v128.load(from))
        const add = (load: (offset: Local<'i32'>) => Vector): void => sums.forEach((sum, t) => f.set(sum, lanes.fma(load(offsets[t]), factor, sum)))
        const kind = f.let(i32.load(kindAt)), first = f.let(i32.load(at)), place = (lane: number): Local<'i32'> => f.let(i32.load(at, lane * WORD))
        byKind(f, lanes, kind,
          () => add((o) => v128.load(i32.add(o, first))),
          () => {
            const mask = f.let(firstLanes(kind)), last = place(width - 1)
            add((o) => twoRuns(lanes, mask, i32.add(o, first), i32.add(o, last)))
          },
          () => {
            const here = Array.from({ length: width }, (_, lane) => place(lane))
            add((o) => gather(lanes, here.map((h) => i32.add(o, h))))
          })
        f.set(from, i32.add(from, 16))
        f.set(at, i32.add(at, width * WORD))
        f.set(kindAt, i32.add(kindAt, WORD))
      })
      // The rest in lane 0.
      f.for(j, whole, count, 1, () => {
        const first = f.let(i32.load(at))
        f.set(factor, lanes.loadZero(from))
        sums.forEach((sum, t) => f.set(sum, lanes.fma(lanes.loadZero(i32.add(offsets[t], first)), factor, sum)))
        f.set(from, i32.add(from, bytes))
        f.set(at, i32.add(at, WORD))
      })
      const to = f.let(i32.add(y, i32.mul(tap, bytes)))
      sums.forEach((sum, t) => {
        const lane = (l: number) => lanes.vector.extractLane(sum, l)
        const total = width === 4 ? lanes.scalar.add(lanes.scalar.add(lane(0), lane(1)), lanes.scalar.add(lane(2), lane(3))) : lanes.scalar.add(lane(0), lane(1))
        f.store(lanes.type, to, lanes.scalar.add(lanes.scalar.load(to, t * bytes), total), t * bytes)
      })
      f.set(tap, i32.add(tap, n))
    }
    f.for(i, 0, planes, 1, () => {
      f.set(tap, 0)
      for (const n of DOT_TAPS) f.while(i32.leS(i32.add(tap, n), tapCount), () => some(n))
      f.set(x, i32.add(x, xPlane))
      f.set(g, i32.add(g, gPlane))
      f.set(y, i32.add(y, yPlane))
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
