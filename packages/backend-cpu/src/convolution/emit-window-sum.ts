import { i32, type Lanes, type Module } from '@gradloom/blas-wasm'
import { forWindows, windowParams } from './emit-windows.ts'

/** `windowSum(x, xPlane, y, yPlane, w, wPlane, planes, positions, kinds, count, taps, tapCount)`: sums of taps by
 * weights, `count` outputs a plane. */
export function emitWindowSum(m: Module, lanes: Lanes): void {
  const bits = lanes.count === 4 ? 32 : 64
  m.func(
    { name: 'windowSum', params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', ...windowParams], export: true },
    (f) => {
      const [x, xPlane, y, yPlane, w, wPlane, planes, positions, kinds, count, taps, tapCount] = f.params
      const i = f.local('i32')
      const sums = [0, 1, 2, 3].map(() => f.local('v128'))
      const weight = f.local('i32')
      f.for(i, 0, planes, 1, () => {
        forWindows(
          f,
          lanes,
          { x, positions, kinds, count, taps, tapCount },
          {
            wide: 4,
            start: (values) => {
              const first = f.let(lanes.loadSplat(w))
              values.forEach((v, k) => f.set(sums[k], lanes.vector.mul(v, first)))
              f.set(weight, i32.add(w, lanes.bytes))
            },
            next: (values) => {
              const factor = f.let(lanes.loadSplat(weight))
              values.forEach((v, k) => f.set(sums[k], lanes.fma(v, factor, sums[k])))
              f.advance(weight, lanes.bytes)
            },
            store: (k, at, lane) => {
              const to = i32.add(y, i32.mul(at, lanes.bytes))
              if (lane === undefined) f.store('v128', to, sums[k])
              else f.storeLane(bits, to, sums[k], lane)
            },
          },
        )
        f.advance(x, xPlane)
        f.advance(y, yPlane)
        f.advance(w, wPlane)
      })
    },
  )
}
