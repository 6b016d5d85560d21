import { createBlas, NoTrans, RowMajor, Trans } from '@gradloom/blas-wasm'
import type { Contender, ContenderOptions } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import { uniform, uniform64 } from '../inputs.ts'
import { seeds } from '../workload.ts'

/** The BLAS alone, on arrays in its own memory, where results stay readable in place. */
export function blas({ threads }: ContenderOptions): Contender {
  return {
    async setup(w) {
      if (w.kind !== 'matmul' && w.kind !== 'matvec') throw new UnsupportedError('products only')
      const blas = await createBlas({ threads })
      const n = w.size
      const single = w.dtype === 'float32'
      const dispose = (): Promise<void> => blas.close()
      const fill = (length: number, seed: number): Float32Array | Float64Array => {
        const array = single ? blas.float32(length) : blas.float64(length)
        array.set((single ? uniform : uniform64)(length, seed, -1, 1))
        return array
      }
      const a = fill(n * n, seeds.a) as never
      const transA = w.transA ? Trans : NoTrans
      if (w.kind === 'matvec') {
        const x = fill(n, seeds.x) as never
        const y = (single ? blas.float32(n) : blas.float64(n)) as never
        const gemv = single ? blas.sgemv : blas.dgemv
        return {
          run: () => {
            gemv(RowMajor, transA, n, n, 1, a, n, x, 1, 0, y, 1)
            return y
          },
          dispose,
        }
      }
      const b = fill(n * n, seeds.b) as never
      const c = (single ? blas.float32(n * n) : blas.float64(n * n)) as never
      const gemm = single ? blas.sgemm : blas.dgemm
      const transB = w.transB ? Trans : NoTrans
      return {
        run: () => {
          gemm(RowMajor, transA, transB, n, n, n, 1, a, n, b, n, 0, c, n)
          return c
        },
        dispose,
      }
    },
  }
}
