import type { Lanes, Real } from '../lanes.ts'
import type { Local } from '../wasm/function.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { i32 } from '../wasm/scalar.ts'
import type { Operand } from '../wasm/value.ts'
import { blockingOf } from './blocking.ts'
import { emitStrip, type Layout } from './strip.ts'
import { forBlocks, tileHeight, tileRows } from './tile.ts'

const params = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const
export type Block = FunctionHandle<readonly [...typeof params, Real, Real]>

/**
 * `block(a, aRow, aK, b, bK, bStrip, bEdge, c, cRow, m, n, k, edge, alpha, beta)`: C = alpha A B + beta C where B comes
 * as strips of `tileColumns` columns, `bStrip` bytes apart, rows of a strip `bK` apart; the columns that fill no strip
 * come packed at `bEdge`, padded to one vector if they fit in one, else to a strip. A row of A is `aRow` bytes from the
 * next; in panels, which `emitPackPanels` makes, that is k numbers, and aK counts for nothing. `edge`: room for m rows
 * of a strip of C. Strides in bytes.
 */
export function emitBlock(m: Module, lanes: Lanes, layout: Layout): Block {
  const { tileColumns } = blockingOf(lanes.type)
  const most = tileRows(lanes)
  const strips = [1, 2].map((vectors) =>
    Array.from({ length: most }, (_, r) => emitStrip(m, lanes, r + 1, vectors, layout)),
  )
  return m.shared(
    { name: `${lanes.key}.block.${layout}`, params: [...params, lanes.type, lanes.type] as const },
    (f) => {
      const [a, aRow, aK, b, bK, bStrip, bEdge, c, cRow, rows, n, k, edge, alpha, beta] = f.params
      // Whole tiles in one call, up to where `tileHeight` begins to even out.
      const tiles = f.let(i32.divS(i32.sub(rows, most / 2 + 1), most))
      const whole = f.let(i32.mul(tiles, most))
      const aRest = f.let(i32.add(a, i32.mul(whole, aRow)))
      /** All rows of one strip. */
      const column = (
        vectors: number,
        bAt: Local<'i32'>,
        bStep: Operand<'i32'>,
        cAt: Local<'i32'>,
        cStep: Operand<'i32'>,
      ): void => {
        const strip = (r: number, aAt: Operand<'i32'>, to: Operand<'i32'>, count: Operand<'i32'>): void =>
          f.do(
            strips[vectors - 1]![r - 1]!.call(
              aAt,
              aRow,
              layout === 'panel' ? r * lanes.bytes : aK,
              bAt,
              bStep,
              to,
              cStep,
              k,
              count,
              alpha,
              beta,
            ),
          )
        f.if(tiles, () => strip(most, a, cAt, tiles))
        const [from, to, left] = [f.let(aRest), f.let(i32.add(cAt, i32.mul(whole, cStep))), f.let(i32.sub(rows, whole))]
        f.while(left, () => {
          const height = tileHeight(f, lanes, left)
          for (let r = 1; r <= most; r++) f.if(i32.eq(height, r), () => strip(r, from, to, 1))
          f.advance(from, i32.mul(height, aRow))
          f.advance(to, i32.mul(height, cStep))
          f.set(left, i32.sub(left, height))
        })
      }
      const [j, strip, to] = [f.local('i32'), f.let(b), f.let(c)]
      f.for(j, 0, f.let(i32.and(n, -tileColumns)), tileColumns, () => {
        column(2, strip, bK, to, cRow)
        f.advance(strip, bStrip)
        f.advance(to, tileColumns * lanes.bytes)
      })
      const left = f.let(i32.and(n, tileColumns - 1))
      f.if(left, () => {
        // Through a buffer of whole vectors, so that the same strips serve and nothing past the last column is touched.
        const [x, y, i] = [f.local('i32'), f.local('i32'), f.local('i32')]
        const width = f.local('i32')
        const move = (step: (from: Local<'i32'>, into: Local<'i32'>) => void): void => {
          f.set(x, to)
          f.set(y, edge)
          f.for(i, 0, rows, 1, () => {
            step(x, y)
            f.advance(x, cRow)
            f.advance(y, width)
          })
        }
        const copyRow = (from: Local<'i32'>, into: Local<'i32'>): void => {
          const q = f.local('i32')
          f.for(q, 0, f.let(i32.mul(left, lanes.bytes)), lanes.bytes, () =>
            f.store(lanes.type, i32.add(into, q), lanes.scalar.load(i32.add(from, q))),
          )
        }
        f.set(width, i32.shl(16, i32.gtS(left, lanes.count)))
        f.if(lanes.scalar.ne(beta, 0), () => move(copyRow))
        f.if(
          i32.eq(width, 16),
          () => column(1, bEdge, 16, edge, 16),
          () => column(2, bEdge, 32, edge, 32),
        )
        move((from, into) => copyRow(into, from))
      })
    },
  )
}

/**
 * `multiply(a, b, c, cRow, m, n, k, edge, beta)`: C = A B + beta C for panels that `emitPackPanels` made of m rows, and
 * packed strips, one after the other as columns that fill no strip come last. `edge`: room for a block's rows of a
 * strip.
 */
export function emitPanelProduct(
  m: Module,
  lanes: Lanes,
): FunctionHandle<readonly ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', Real]> {
  const block = emitBlock(m, lanes, 'panel')
  return m.shared(
    {
      name: `${lanes.key}.multiply`,
      params: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', lanes.type] as const,
    },
    (f) => {
      const [a, b, c, cRow, rows, n, k, edge, beta] = f.params
      const { tileColumns } = blockingOf(lanes.type)
      const bK = tileColumns * lanes.bytes
      const rowBytes = f.let(i32.mul(k, lanes.bytes))
      forBlocks(f, lanes, rows, (now) => {
        f.do(
          block.call(
            a,
            rowBytes,
            0,
            b,
            bK,
            i32.mul(k, bK),
            i32.add(b, i32.mul(rowBytes, i32.and(n, -tileColumns))),
            c,
            cRow,
            now,
            n,
            k,
            edge,
            lanes.scalar.const(1),
            beta,
          ),
        )
        f.advance(a, i32.mul(now, rowBytes))
        f.advance(c, i32.mul(now, cRow))
      })
    },
  )
}
