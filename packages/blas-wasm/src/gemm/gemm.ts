import { lanesOf, type Real } from '../lanes.ts'
import type { FunctionHandle, Module } from '../wasm/module.ts'
import { i32, select } from '../wasm/scalar.ts'
import type { Local } from '../wasm/function.ts'
import type { Operand, Value } from '../wasm/value.ts'
import { emitBlock } from './block.ts'
import { emitScale } from './scale.ts'
import { ROW_MULTIPLE, blockingOf } from './blocking.ts'
import { emitCopyTiles, emitPack, emitPackPanels } from './pack.ts'
import { tileRows } from './tile.ts'

const operands = ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'i32'] as const
export type Gemm = FunctionHandle<readonly [...typeof operands, Real, Real, 'i32']>

export interface GemmOptions {
  readonly type: Real
  readonly relaxed: boolean
  /** Name of the export; none by default. */
  readonly export?: string
}

/**
 * `gemm(a, rsA, csA, b, rsB, csB, c, ldc, m, n, k, alpha, beta, scratch)`: C = alpha A B + beta C.
 *
 * A is m x k with A[i, p] at a + (i rsA + p csA) elements, B k x n alike: any strides, so transposes and broadcasts
 * cost nothing but packing. C has rows ldc elements apart and contiguous columns, and overlaps neither. Addresses in
 * bytes, multiples of the element size; strides and sizes in elements. `scratch`: gemmScratchBytes(type, m, n, k)
 * bytes. beta = 0 does not read C, alpha = 0 or k = 0 reads neither A nor B (C = beta C).
 *
 * The bits of C[i, j] depend on k and the instruction set only, not on m, n or the other rows and columns: a caller may
 * cut C into pieces, over threads for instance, and gets the same result.
 */
export function emitGemm(m: Module, options: GemmOptions): Gemm {
  const lanes = lanesOf(options.type, options.relaxed)
  const { tileColumns, rows: mostRows, columns: mostColumns, k: mostK } = blockingOf(options.type)
  const { bytes, shift } = lanes
  const pack = emitPack(m, lanes)
  const packPanels = emitPackPanels(m, lanes)
  const panelBlock = emitBlock(m, lanes, 'panel')
  const rowsBlock = emitBlock(m, lanes, 'rows')
  const scale = emitScale(m, lanes)
  const partSize = emitPartSize(m)
  const name = options.export ?? `${lanes.key}.gemm`
  return m.func(
    { name, params: [...operands, lanes.type, lanes.type, 'i32'] as const, export: options.export !== undefined },
    (f) => {
      const [a, rsA, csA, b, rsB, csB, c, ldc, rows, columns, depth, alpha, beta, scratch] = f.params
      f.if(i32.or(i32.leS(rows, 0), i32.leS(columns, 0)), () => f.return())
      for (const stride of [rsA, csA, rsB, csB, ldc]) f.set(stride, i32.shl(stride, shift))
      f.if(i32.or(i32.leS(depth, 0), lanes.scalar.eq(alpha, 0)), () => {
        f.do(scale.call(c, ldc, rows, columns, beta))
        f.return()
      })
      const partOf = (total: Local<'i32'>, most: number, multiple: number): Local<'i32'> =>
        f.let(partSize.call(total, most, multiple))
      const MC = partOf(rows, mostRows, ROW_MULTIPLE)
      const NC = partOf(columns, mostColumns, tileColumns)
      const KC = partOf(depth, mostK, 4)
      const packedA = f.let(i32.add(scratch, i32.shl(i32.mul(NC, KC), shift)))
      const edge = f.let(i32.add(packedA, i32.shl(i32.mul(MC, KC), shift)))

      // What few strips or few rows use is read in place, and what one tile uses always. It costs instructions, of
      // which a fused multiply-add leaves more.
      // Lines a large power of two apart share few places of the caches, and are lost between two tiles.
      const spread = (stride: Value<'i32'>, period: Operand<'i32'>): Value<'i32'> =>
        i32.ne(i32.and(stride, i32.sub(period, 1)), 0)
      const [neighbours, strided, mostRowsB, fewRows] = lanes.relaxed ? [32, 16, 192, 36] : [4, 4, 36, 0]
      const directA = f.let(
        i32.or(
          i32.and(i32.eq(csA, bytes), i32.leS(columns, neighbours * tileColumns)),
          i32.and(spread(csA, 4096), i32.leS(columns, strided * tileColumns)),
        ),
      )
      const directB = f.let(
        i32.and(
          i32.eq(csB, bytes),
          i32.or(
            i32.leS(rows, tileRows(lanes)),
            i32.and(
              i32.leS(rows, mostRowsB),
              spread(rsB, select(i32.leS(rows, fewRows), i32.const(4096), i32.const(2048))),
            ),
          ),
        ),
      )

      const [jc, pc, ic, j] = [f.local('i32'), f.local('i32'), f.local('i32'), f.local('i32')]
      const min = (x: Value<'i32'>, y: Value<'i32'>): Local<'i32'> => {
        const [p, q] = [f.let(x), f.let(y)]
        return f.let(select(i32.ltS(p, q), p, q))
      }
      f.for(jc, 0, columns, NC, () => {
        const nc = min(NC, i32.sub(columns, jc))
        const whole = f.let(i32.and(nc, -tileColumns))
        const left = f.let(i32.sub(nc, whole))
        f.for(pc, 0, depth, KC, () => {
          const kc = min(KC, i32.sub(depth, pc))
          const betaNow = f.let(select(pc, lanes.scalar.const(1), beta))
          const panelBytes = f.let(i32.mul(kc, tileColumns * bytes))
          const bAt = f.let(i32.add(b, i32.add(i32.mul(pc, rsB), i32.mul(jc, csB))))
          const bStrips = f.let(bAt)
          const bK = f.let(rsB)
          const bStrip = f.let(i32.const(tileColumns * bytes))
          const bEdge = f.let(scratch)
          f.if(i32.eqz(directB), () => {
            f.set(bStrips, scratch)
            f.set(bK, tileColumns * bytes)
            f.set(bStrip, panelBytes)
            f.set(j, 0)
            const strip = (count: number, packed: () => Value): void => {
              f.do(packed())
              f.advance(bEdge, i32.mul(panelBytes, count))
              f.advance(j, tileColumns * count)
            }
            const from = i32.add(bAt, i32.mul(j, csB))
            const { count, copy } = emitCopyTiles(m, lanes, tileColumns)
            f.if(i32.eq(csB, bytes), () =>
              f.while(i32.leS(i32.add(j, count * tileColumns), whole), () =>
                strip(count, () => copy.call(bEdge, from, rsB, kc, panelBytes)),
              ),
            )
            f.while(i32.ltS(j, whole), () =>
              strip(1, () => pack.call(bEdge, from, csB, rsB, tileColumns, tileColumns, kc)),
            )
          })
          f.if(left, () =>
            f.do(
              pack.call(
                bEdge,
                i32.add(bAt, i32.mul(whole, csB)),
                csB,
                rsB,
                i32.shl(lanes.count, i32.gtS(left, lanes.count)),
                left,
                kc,
              ),
            ),
          )
          f.for(ic, 0, rows, MC, () => {
            const mc = min(MC, i32.sub(rows, ic))
            const aAt = f.let(i32.add(a, i32.add(i32.mul(ic, rsA), i32.mul(pc, csA))))
            const cAt = f.let(i32.add(c, i32.add(i32.mul(ic, ldc), i32.mul(jc, bytes))))
            const block = (kind: typeof panelBlock, at: Local<'i32'>, aRow: Value<'i32'>): void =>
              f.do(kind.call(at, aRow, csA, bStrips, bK, bStrip, bEdge, cAt, ldc, mc, nc, kc, edge, alpha, betaNow))
            f.if(
              directA,
              () => block(rowsBlock, aAt, rsA),
              () => {
                f.do(packPanels.call(packedA, aAt, rsA, csA, mc, kc, 0, kc))
                block(panelBlock, packedA, i32.mul(kc, bytes))
              },
            )
          })
        })
      })
    },
  )
}

/** See `partSize` in blocking.ts, which must agree. */
function emitPartSize(m: Module): FunctionHandle<readonly ['i32', 'i32', 'i32'], 'i32'> {
  const up = (x: Value<'i32'>, y: Value<'i32'>): Value<'i32'> => i32.divU(i32.sub(i32.add(x, y), 1), y)
  return m.shared({ name: 'partSize', params: ['i32', 'i32', 'i32'], result: 'i32' }, (f) => {
    const [total, most, multiple] = f.params
    const parts = f.let(up(total, most))
    f.return(i32.mul(up(f.let(up(total, parts)), multiple), multiple))
  })
}
