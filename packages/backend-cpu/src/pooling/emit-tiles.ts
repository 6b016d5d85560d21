import {
  i32,
  shuffle,
  v128,
  type FunctionBuilder,
  type Lanes,
  type Local,
  type Module,
  type Value,
} from '@gradloom/blas-wasm'
import { placeLanes, runningMaximum } from './emit-max-pool.ts'

type Vector = Value<'v128'>
const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const

/**
 * Visits the 2 x 2 tiles of planes of `height` x `width` elements, a vector of tiles at a time along a row, the last
 * one of a row overlapping the one before (rows of fewer tiles than lanes are not for this). Pointers: to the upper row
 * of elements, to the first of the tiles; `rowBytes` to the lower row.
 */
function forTiles(
  f: FunctionBuilder,
  lanes: Lanes,
  [wide, planes, height, width]: readonly Local<'i32'>[],
  body: (upper: Value<'i32'>, rowBytes: Local<'i32'>, tile: Local<'i32'>) => void,
): void {
  const i = f.local('i32')
  const r = f.local('i32')
  const c = f.local('i32')
  const tilesAcross = f.let(i32.shrU(width, 1))
  const rowBytes = f.let(i32.mul(width, lanes.bytes))
  const last = f.let(i32.sub(tilesAcross, lanes.count))
  const row = f.local('i32')
  const rowTile = f.local('i32')
  const tile = f.local('i32')
  f.for(i, 0, planes, 1, () => {
    f.set(row, wide)
    f.for(r, 0, f.let(i32.shrU(height, 1)), 1, () => {
      const step = (at: Value<'i32'>): void => {
        f.set(tile, i32.add(rowTile, at))
        body(f.let(i32.add(row, i32.mul(at, 2 * lanes.bytes))), rowBytes, tile)
      }
      f.for(c, 0, last, lanes.count, () => step(c))
      step(last)
      f.advance(row, i32.shl(rowBytes, 1))
      f.advance(rowTile, tilesAcross)
    })
    f.advance(wide, i32.mul(height, rowBytes))
  })
}

const alternate = (lanes: Lanes, odd: number): number[] => Array.from({ length: lanes.count }, (_, i) => 2 * i + odd)
const interleave = (lanes: Lanes, half: number): number[] =>
  Array.from({ length: lanes.count }, (_, i) => (half * lanes.count + i) >> 1).map((v, i) =>
    i % 2 ? v + lanes.count : v,
  )

/** `maxPoolTiles(x, planes, height, width, y, place)`: as maxPool for windows of 2 x 2 side by side. */
export function emitMaxPoolTiles(m: Module, lanes: Lanes): void {
  const places = placeLanes(lanes)
  m.func({ name: 'maxPoolTiles', params, export: true }, (f) => {
    const [x, planes, height, width, y, place] = f.params
    const running = runningMaximum(f, lanes)
    const own = [0, 1, 2, 3].map((k) => f.hoist(places.splat(i32.const(k))))
    forTiles(f, lanes, [x, planes, height, width], (upper, rowBytes, tile) => {
      const pair = (at: Value<'i32'>): Vector[] => {
        const p = f.let(at)
        const a = f.let(v128.load(p))
        const b = f.let(v128.load(p, 16))
        return [0, 1].map((odd) => f.let(shuffle(a, b, ...alternate(lanes, odd))))
      }
      const [first, ...rest] = [...pair(upper), ...pair(i32.add(upper, rowBytes))]
      running.start(first)
      rest.forEach((v, k) => running.next(v, own[k + 1]))
      f.store('v128', i32.add(y, i32.mul(tile, lanes.bytes)), running.best)
      places.store(f, i32.add(place, i32.shl(tile, 2)), running.place)
    })
  })
}

/** `maxPoolGradientTiles(y, planes, height, width, place, g)`: each g to its place in a tile, zeros beside it. */
export function emitMaxPoolGradientTiles(m: Module, lanes: Lanes): void {
  const places = placeLanes(lanes)
  m.func({ name: 'maxPoolGradientTiles', params, export: true }, (f) => {
    const [y, planes, height, width, place, g] = f.params
    const own = [0, 1, 2, 3].map((k) => f.hoist(places.splat(i32.const(k))))
    forTiles(f, lanes, [y, planes, height, width], (upper, rowBytes, tile) => {
      const at = f.let(places.load(i32.add(place, i32.shl(tile, 2))))
      const value = f.let(v128.load(i32.add(g, i32.mul(tile, lanes.bytes))))
      const spread = (row: Value<'i32'>, k: number): void => {
        const p = f.let(row)
        const even = f.let(v128.and(value, places.equal(at, own[k])))
        const odd = f.let(v128.and(value, places.equal(at, own[k + 1])))
        for (const half of [0, 1]) f.store('v128', p, shuffle(even, odd, ...interleave(lanes, half)), half * 16)
      }
      spread(upper, 0)
      spread(i32.add(upper, rowBytes), 2)
    })
  })
}
