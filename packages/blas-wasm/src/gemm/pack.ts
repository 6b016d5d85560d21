import type { Lanes } from '../lanes.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { i32 } from '../wasm/scalar.ts'
import { shuffle, v128 } from '../wasm/simd.ts'
import type { Value } from '../wasm/value.ts'

const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const
export type Pack = FunctionHandle<typeof params>

/**
 * `pack(to, from, stride, kStride, width, valid, k)`: to[p * width + i] = from[i * stride + p * kStride], 0 for i >= valid. Serves both
 * operands: i is the row of A or the column of B. Strides in bytes, `to` is contiguous. Whole groups of 4 columns are copied
 * as vectors where either stride is that of neighbours, transposed in registers if it is the one along k.
 */
export function emitPack(m: Module, lanes: Lanes): Pack {
  const { bytes, count } = lanes
  return m.shared({ name: `${lanes.key}.pack`, params }, (f) => {
    const [to, from, stride, kStride, width, valid, k] = f.params
    const [i, p, source, target] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')]
    const step = f.let(i32.mul(width, bytes))
    const whole = f.local('i32')
    f.if(i32.ltS(valid, width), () => f.fill(to, 0, i32.mul(k, step)))
    f.if(i32.or(i32.eq(stride, bytes), i32.eq(kStride, bytes)), () => f.set(whole, i32.and(valid, -4)))

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

    f.while(i32.ltS(i, whole), () => {
      f.set(p, 0)
      f.set(source, i32.add(from, i32.mul(i, stride)))
      f.set(target, i32.add(to, i32.mul(i, bytes)))
      f.if(
        i32.eq(stride, bytes),
        () =>
          f.for(p, 0, k, 1, () => {
            for (let x = 0; x < 4 * bytes; x += 16) f.store('v128', target, v128.load(source, x), x)
            f.advance(source, kStride)
            f.advance(target, step)
          }),
        () => {
          f.for(p, 0, f.let(i32.and(k, -count)), count, () => {
            const rows: Value<'v128'>[] = []
            const q = f.let(source)
            for (let r = 0; r < 4; r++) {
              rows.push(f.let(v128.load(q)))
              f.advance(q, stride)
            }
            for (const vectors of transpose(rows, count, (v) => f.let(v))) {
              vectors.forEach((v, x) => f.store('v128', target, v, x * 16))
              f.advance(target, step)
            }
            f.advance(source, bytes * count)
          })
          f.set(p, i32.and(k, -count))
          scalars(f.let(i32.add(i, 4)))
        },
      )
      f.advance(i, 4)
    })
    f.set(p, 0)
    f.if(i32.ltS(i, valid), () => scalars(valid))
  })
}

/** Four row vectors to columns of four numbers each: one vector a column for f32, two for f64. */
function transpose(rows: readonly Value<'v128'>[], count: number, pin: (v: Value<'v128'>) => Value<'v128'>): Value<'v128'>[][] {
  const [a, b, c, d] = rows as [Value<'v128'>, Value<'v128'>, Value<'v128'>, Value<'v128'>]
  const low = [0, 2]
  const high = [1, 3]
  if (count === 2) return [low, high].map((lane) => [shuffle(a, b, ...lane), shuffle(c, d, ...lane)])
  const halves = [[0, 4, 1, 5], [2, 6, 3, 7]].map((lane) => [pin(shuffle(a, b, ...lane)), pin(shuffle(c, d, ...lane))] as const)
  return halves.flatMap(([ab, cd]) => [low, high].map((lane) => [shuffle(ab, cd, ...lane)]))
}
