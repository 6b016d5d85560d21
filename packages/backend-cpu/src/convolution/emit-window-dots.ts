import { i32, v128, type Lanes, type Local, type Module, type Value } from '@gradloom/blas-wasm'
import { byKind, firstLanes, gather, twoRuns } from './emit-gather.ts'
import { windowParams } from './emit-windows.ts'

const WORD = 4
type Vector = Value<'v128'>

/** Taps that share the loads of one vector of cotangents: 9 is 5 + 3 + 1. */
const DOT_TAPS = [5, 3, 1]

/** `windowDots(x, xPlane, g, gPlane, y, yPlane, planes, positions, kinds, count, taps, tapCount)`: adds to y[t] the sum
 * over the outputs j of g[j] times the element of tap t, plane by plane. `g` and `kinds` begin at the output that
 * `positions` begins at. */
export function emitWindowDots(m: Module, lanes: Lanes): void {
  const { bytes, count: width } = lanes
  m.func(
    { name: 'windowDots', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', ...windowParams], export: true },
    (f) => {
      const [x, xPlane, g, gPlane, y, yPlane, planes, positions, kinds, count, taps, tapCount] = f.params
      const i = f.local('i32')
      const j = f.local('i32')
      const tap = f.local('i32')
      const kindAt = f.local('i32')
      const at = f.local('i32')
      const from = f.local('i32')
      const whole = f.let(i32.and(count, -width))
      const factor = f.local('v128')
      const some = (n: number): void => {
        const tapsAt = f.let(i32.add(taps, i32.shl(tap, 2)))
        const offsets = Array.from({ length: n }, (_, t) => f.let(i32.add(x, i32.load(tapsAt, t * WORD))))
        const sums = offsets.map(() => f.local('v128'))
        for (const sum of sums) f.set(sum, lanes.vector.splat(0))
        f.set(kindAt, kinds)
        f.set(at, positions)
        f.set(from, g)
        f.for(j, 0, whole, width, () => {
          f.set(factor, v128.load(from))
          const add = (load: (offset: Local<'i32'>) => Vector): void =>
            sums.forEach((sum, t) => f.set(sum, lanes.fma(load(offsets[t]), factor, sum)))
          const kind = f.let(i32.load(kindAt))
          const first = f.let(i32.load(at))
          const place = (lane: number): Local<'i32'> => f.let(i32.load(at, lane * WORD))
          byKind(
            f,
            lanes,
            kind,
            () => add((o) => v128.load(i32.add(o, first))),
            () => {
              const mask = f.let(firstLanes(kind))
              const last = place(width - 1)
              add((o) => twoRuns(lanes, mask, i32.add(o, first), i32.add(o, last)))
            },
            () => {
              const here = Array.from({ length: width }, (_, lane) => place(lane))
              add((o) =>
                gather(
                  lanes,
                  here.map((h) => i32.add(o, h)),
                ),
              )
            },
          )
          f.advance(from, 16)
          f.advance(at, width * WORD)
          f.advance(kindAt, WORD)
        })
        // The rest in lane 0.
        f.for(j, whole, count, 1, () => {
          const first = f.let(i32.load(at))
          f.set(factor, lanes.loadZero(from))
          sums.forEach((sum, t) => f.set(sum, lanes.fma(lanes.loadZero(i32.add(offsets[t], first)), factor, sum)))
          f.advance(from, bytes)
          f.advance(at, WORD)
        })
        const to = f.let(i32.add(y, i32.mul(tap, bytes)))
        sums.forEach((sum, t) => {
          const lane = (l: number) => lanes.vector.extractLane(sum, l)
          const total =
            width === 4
              ? lanes.scalar.add(lanes.scalar.add(lane(0), lane(1)), lanes.scalar.add(lane(2), lane(3)))
              : lanes.scalar.add(lane(0), lane(1))
          f.store(lanes.type, to, lanes.scalar.add(lanes.scalar.load(to, t * bytes), total), t * bytes)
        })
        f.advance(tap, n)
      }
      f.for(i, 0, planes, 1, () => {
        f.set(tap, 0)
        for (const n of DOT_TAPS) f.while(i32.leS(i32.add(tap, n), tapCount), () => some(n))
        f.advance(x, xPlane)
        f.advance(g, gPlane)
        f.advance(y, yPlane)
      })
    },
  )
}
