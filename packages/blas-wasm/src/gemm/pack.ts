import type { Lanes } from '../lanes.ts'
import type { FunctionBuilder, Local } from '../wasm/function.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { i32 } from '../wasm/scalar.ts'
import { shuffle, v128 } from '../wasm/simd.ts'
import type { Operand, Value } from '../wasm/value.ts'
import { forBlocks, tileHeight, tileRows } from './tile.ts'

type Vector = Value<'v128'>

const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const
export type Pack = FunctionHandle<typeof params>

/**
 * `pack(to, from, stride, kStride, width, valid, k)`: to[p * width + i] = from[i * stride + p * kStride], 0 for i >=
 * valid. Serves both operands: i is the row of A or the column of B. Strides in bytes, `to` is contiguous. Groups of 4
 * and of 2 columns are copied as vectors where either stride is that of neighbours, transposed in registers if it is
 * the one along k.
 */
export function emitPack(m: Module, lanes: Lanes): Pack {
  const { bytes, count } = lanes
  return m.shared({ name: `${lanes.key}.pack`, params }, (f) => {
    const [to, from, stride, kStride, width, valid, k] = f.params
    const [i, p, source, target] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')]
    const step = f.let(i32.mul(width, bytes))
    f.if(i32.ltS(valid, width), () => f.fill(to, 0, i32.mul(k, step)))

    // From row p on, one number at a time, for the columns from i to `end`.
    const scalars = (end: Value<'i32'>): void => {
      f.set(source, i32.add(i32.add(from, i32.mul(i, stride)), i32.mul(p, kStride)))
      f.set(target, i32.add(i32.add(to, i32.mul(i, bytes)), i32.mul(p, step)))
      f.while(i32.ltS(p, k), () => {
        const [j, x, y] = [f.local('i32'), f.let(source), f.let(target)]
        f.for(j, i, end, 1, () => {
          f.store(lanes.type, y, lanes.scalar.load(x))
          f.advance(x, stride)
          f.advance(y, bytes)
        })
        f.advance(source, kStride)
        f.advance(target, step)
        f.advance(p, 1)
      })
    }
    const group = (size: 2 | 4): void => {
      f.set(source, i32.add(from, i32.mul(i, stride)))
      f.set(target, i32.add(to, i32.mul(i, bytes)))
      f.if(
        i32.eq(stride, bytes),
        () =>
          f.for(p, 0, k, 1, () => {
            copyNumbers(f, target, source, size * bytes)
            f.advance(source, kStride)
            f.advance(target, step)
          }),
        () => {
          f.for(p, 0, f.let(i32.and(k, -count)), count, () => {
            const q = f.let(source)
            const rows = Array.from({ length: size }, () => {
              const row = f.let(v128.load(q))
              f.advance(q, stride)
              return row
            })
            for (const store of columns(f, count, rows)) {
              store(target)
              f.advance(target, step)
            }
            f.advance(source, 16)
          })
          f.set(p, i32.and(k, -count))
          scalars(f.let(i32.add(i, size)))
        },
      )
      f.set(p, 0)
      f.advance(i, size)
    }
    f.if(i32.or(i32.eq(stride, bytes), i32.eq(kStride, bytes)), () => {
      f.while(i32.leS(i, i32.sub(valid, 4)), () => group(4))
      f.if(i32.leS(i, i32.sub(valid, 2)), () => group(2))
    })
    f.if(i32.ltS(i, valid), () => scalars(valid))
  })
}

/**
 * `packPanels(to, from, stride, kStride, m, k, done, depth)`: rows of A as the panels that tiles read, one after the
 * other, each k-major, for one product after the other with as many rows as a block has. The k terms follow `done`
 * others that panels of `depth` terms have, so that they may come from several places.
 */
export function emitPackPanels(m: Module, lanes: Lanes): FunctionHandle<readonly [...typeof params, 'i32']> {
  const pack = emitPack(m, lanes)
  const most = tileRows(lanes)
  return m.shared({ name: `${lanes.key}.packPanels`, params: [...params, 'i32'] as const }, (f) => {
    const [to, from, stride, kStride, rows, k, done, depth] = f.params
    const bytes = f.local('i32')
    const left = f.local('i32')
    const advance = (count: Operand<'i32'>): void => {
      f.advance(from, i32.mul(stride, count))
      f.set(left, i32.sub(left, count))
    }
    const start = i32.add(to, i32.mul(done, bytes))
    const { copy, count } = emitCopyTiles(m, lanes, most)
    forBlocks(f, lanes, rows, (now) => {
      f.set(left, now)
      f.if(i32.eq(stride, lanes.bytes), () => {
        f.set(bytes, most * lanes.bytes)
        const panel = f.let(i32.mul(depth, bytes))
        f.while(i32.gtS(left, (count + 0.5) * most), () => {
          f.do(copy.call(start, from, kStride, k, panel))
          f.advance(to, i32.mul(panel, count))
          advance(count * most)
        })
      })
      f.while(left, () => {
        const height = tileHeight(f, lanes, left)
        f.set(bytes, i32.mul(height, lanes.bytes))
        f.do(pack.call(start, from, stride, kStride, height, height, k))
        f.advance(to, i32.mul(depth, bytes))
        advance(height)
      })
    })
  })
}

/**
 * `copy(to, from, kStride, k, tileBytes)`: packs `count` tiles of `width` numbers that are neighbours where they come
 * from, `tileBytes` apart where they go.
 * Together they are a cache line or more: one at a time they would read each line several times, after it was lost
 * where strides are powers of 2.
 */
export function emitCopyTiles(
  m: Module,
  lanes: Lanes,
  width: number,
): { readonly count: number; readonly copy: FunctionHandle<readonly ['i32', 'i32', 'i32', 'i32', 'i32']> } {
  const bytes = width * lanes.bytes
  const count = Math.ceil(64 / bytes)
  const copy = m.shared(
    { name: `${lanes.key}.copy${count}x${width}`, params: ['i32', 'i32', 'i32', 'i32', 'i32'] },
    (f) => {
      const [to, from, kStride, k, tileBytes] = f.params
      const p = f.local('i32')
      const targets: Local<'i32'>[] = [to]
      for (let tile = 1; tile < count; tile++) targets.push(f.let(i32.add(targets[tile - 1]!, tileBytes)))
      f.for(p, 0, k, 1, () => {
        targets.forEach((target, tile) => {
          copyNumbers(f, target, from, bytes, tile * bytes)
          f.advance(target, bytes)
        })
        f.advance(from, kStride)
      })
    },
  )
  return { count, copy }
}

/** A multiple of 8 bytes. */
function copyNumbers(
  f: FunctionBuilder,
  to: Value<'i32'>,
  from: Value<'i32'>,
  byteLength: number,
  fromOffset = 0,
): void {
  for (let x = 0; x + 16 <= byteLength; x += 16) f.store('v128', to, v128.load(from, fromOffset + x), x)
  if (byteLength % 16 !== 0) f.storeLane(64, to, v128.load64Zero(from, fromOffset + byteLength - 8), 0, byteLength - 8)
}

/** Stores of the columns of 2 or 4 row vectors, in order. */
function columns(f: FunctionBuilder, count: 2 | 4, rows: readonly Vector[]): ((to: Value<'i32'>) => void)[] {
  const pick = (x: Vector, y: Vector, ...lanes: readonly number[]): Vector => f.let(shuffle(x, y, ...lanes))
  const [a, b, c, d] = rows as [Vector, Vector, Vector?, Vector?]
  const whole =
    (...vectors: readonly Vector[]) =>
    (to: Value<'i32'>): void =>
      vectors.forEach((v, x) => f.store('v128', to, v, x * 16))
  const [low, high] = [
    [0, 2],
    [1, 3],
  ]
  if (count === 2)
    return [low, high].map((lane) => whole(pick(a, b, ...lane), ...(c && d ? [pick(c, d, ...lane)] : [])))
  return [
    [0, 4, 1, 5],
    [2, 6, 3, 7],
  ].flatMap((half) => {
    const ab = pick(a, b, ...half)
    if (!c || !d)
      return [0, 1].map(
        (lane) =>
          (to: Value<'i32'>): void =>
            f.storeLane(64, to, ab, lane),
      )
    const cd = pick(c, d, ...half)
    return [low, high].map((lane) => whole(pick(ab, cd, ...lane)))
  })
}
