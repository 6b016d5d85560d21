import type { Lanes, Real } from '../lanes.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { i32 } from '../wasm/scalar.ts'
import { v128 } from '../wasm/simd.ts'

/**
 * How a strip reads A. `panel`: the rows of a tile lie side by side, one pointer. `rows`: any row stride, a pointer a
 * row, for small products that packing would slow down.
 */
export type Layout = 'panel' | 'rows'

const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const
export type Strip = FunctionHandle<readonly [...typeof params, Real, Real]>

/**
 * `strip(a, aRow, aK, b, bK, c, cRow, k, tiles, alpha, beta)`: C = alpha A B + beta C for `tiles` tiles of `rows` rows,
 * one under the other, and one strip of `vectors` vectors of columns. All strides in bytes; k and tiles at least 1.
 *
 * The sums of a tile stay in registers, and are enough to cover the latency of multiply-adds in whole tiles. Every
 * element sums over k in order from 0, whatever the tile it falls in, so that its bits do not depend on how a product
 * is cut up.
 */
export function emitStrip(m: Module, lanes: Lanes, rows: number, vectors: number, layout: Layout): Strip {
  return m.shared(
    { name: `${lanes.key}.strip${rows}x${vectors}.${layout}`, params: [...params, lanes.type, lanes.type] as const },
    (f) => {
      const [a, aRow, aK, b0, bK, c, cRow, k, tiles, alpha0, beta0] = f.params
      const each = <T>(n: number, make: (k: number) => T): T[] => Array.from({ length: n }, (_, index) => make(index))
      const sums = each(rows, () => each(vectors, () => f.local('v128')))
      const row = each(vectors, () => f.local('v128'))
      const pointers = each(layout === 'rows' ? rows : 1, () => f.local('i32'))
      const [b, left, out] = [f.local('i32'), f.local('i32'), f.local('i32')]
      f.loop((nextTile) => {
        for (const sum of sums.flat()) f.set(sum, lanes.vector.splat(0))
        pointers.forEach((p, i) => f.set(p, i === 0 ? a : i32.add(pointers[i - 1]!, aRow)))
        f.set(b, b0)
        f.set(left, k)
        f.loop((next) => {
          row.forEach((v, j) => f.set(v, v128.load(b, j * 16)))
          sums.forEach((sum, i) => {
            const x = layout === 'rows' ? lanes.loadSplat(pointers[i]!) : lanes.loadSplat(pointers[0]!, i * lanes.bytes)
            const splat = vectors > 1 ? f.let(x) : x
            sum.forEach((s, j) => f.set(s, lanes.fma(splat, row[j]!, s)))
          })
          for (const p of pointers) f.advance(p, aK)
          f.advance(b, bK)
          f.brIf(next, f.tee(left, i32.sub(left, 1)))
        })
        f.set(out, c)
        const alpha = f.let(lanes.vector.splat(alpha0))
        const beta = f.let(lanes.vector.splat(beta0))
        const write = (value: (sum: (typeof row)[number], offset: number) => ReturnType<Lanes['fma']>): void => {
          sums.forEach((sum, i) => {
            sum.forEach((s, j) => f.store('v128', out, value(s, j * 16), j * 16))
            if (i < rows - 1) f.advance(out, cRow)
          })
        }
        f.if(
          lanes.scalar.eq(beta0, 0),
          () => write((s) => lanes.vector.mul(alpha, s)),
          () => write((s, offset) => lanes.fma(alpha, s, lanes.vector.mul(beta, v128.load(out, offset)))),
        )
        f.set(c, i32.add(out, cRow))
        f.advance(a, i32.mul(aRow, rows))
        f.brIf(nextTile, f.tee(tiles, i32.sub(tiles, 1)))
      })
    },
  )
}
