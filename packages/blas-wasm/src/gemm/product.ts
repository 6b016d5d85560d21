import { lanesOf } from '../lanes.ts'
import type { Module } from '../wasm/module.ts'
import { i32 } from '../wasm/scalar.ts'
import type { Value } from '../wasm/value.ts'
import type { Gemm, GemmOptions } from './gemm.ts'
import { emitGemv } from './gemv.ts'

/**
 * `emitGemm`, with products of one row or one column sent to `emitGemv` where it takes their strides: several times as
 * fast. The bits of such a row or column differ from those it has within a larger product, so pieces of a product go to
 * the gemm that is handed in.
 */
export function emitProduct(m: Module, gemm: Gemm, options: Pick<GemmOptions, 'type' | 'relaxed' | 'export'>): Gemm {
  const lanes = lanesOf(options.type, options.relaxed)
  const gemv = emitGemv(m, lanes)
  const name = options.export ?? `${lanes.key}.product`
  return m.func({ name, params: gemm.params, export: options.export !== undefined }, (f) => {
    const [a, rsA, csA, b, rsB, csB, c, ldc, rows, columns, depth, alpha, beta, scratch] = f.params
    const attempt = (done: Value<'i32'>): void => f.if(done, () => f.return())
    f.if(i32.and(i32.gtS(depth, 0), lanes.scalar.ne(alpha, 0)), () => {
      f.if(i32.and(i32.eq(columns, 1), i32.gtS(rows, 0)), () =>
        attempt(gemv.call(a, rsA, csA, b, rsB, c, ldc, rows, depth, alpha, beta, scratch)),
      )
      f.if(i32.and(i32.eq(rows, 1), i32.gtS(columns, 0)), () =>
        attempt(gemv.call(b, csB, rsB, a, csA, c, 1, columns, depth, alpha, beta, scratch)),
      )
    })
    f.do(gemm.call(a, rsA, csA, b, rsB, csB, c, ldc, rows, columns, depth, alpha, beta, scratch))
  })
}
