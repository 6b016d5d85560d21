import { gemmScratchBytes } from '@gradloom/blas-wasm'
import { byteSize, contiguous, type Contraction, type LoopKernel } from '@gradloom/core'
import type { Gemm } from './gemm.ts'

/** A contraction of floats as calls of GEMM. */
export interface GemmStep {
  readonly scratchBytes: number
  run(addresses: readonly number[], scratch: number): void
}

export function gemmStep(c: Contraction, gemm: Gemm): GemmStep {
  const { dtype, n, k, a, b, out } = c, call = gemm[dtype as 'float32' | 'float64'], size = byteSize(dtype)
  const batch = [...c.batch], aBatch = [...a.batch], bBatch = [...b.batch]
  let m = c.m
  // Batches that share b and whose rows of a go on where the last batch ended are rows of one product.
  while (batch.length > 0 && (batch.at(-1) === 1 || (bBatch.at(-1) === 0 && aBatch.at(-1) === m * a.row))) {
    m *= batch.pop()!
    aBatch.pop()
    bBatch.pop()
  }
  const count = batch.reduce((x, y) => x * y, 1), strides = contiguous(batch)
  const offsets = (of: readonly number[], first: number): Float64Array => Float64Array.from({ length: count }, (_, i) =>
    size * (first + of.reduce((sum, s, d) => sum + s * (Math.floor(i / strides[d]) % batch[d]), 0)))
  const aAt = offsets(aBatch, a.offset), bAt = offsets(bBatch, b.offset)
  return {
    scratchBytes: gemmScratchBytes(dtype === 'float32' ? 'f32' : 'f64', m, n, k),
    run: (addresses, scratch) => {
      for (let i = 0; i < count; i++) {
        call(addresses[a.buffer] + aAt[i], a.row, a.column, addresses[b.buffer] + bAt[i], b.row, b.column, addresses[out] + i * m * n * size, n, m, n, k, 1, 0, scratch, 0)
      }
    },
  }
}

/** A contraction of integers as a loop kernel: out[batch, m, n] = sum over k. */
export function contractionLoop({ dtype, batch, m, n, k, a, b, out }: Contraction): LoopKernel {
  const outer = [...batch, m, n]
  return {
    outer, inner: [k],
    reads: [
      { buffer: a.buffer, dtype, offset: a.offset, strides: [...a.batch, a.row, 0, a.column] },
      { buffer: b.buffer, dtype, offset: b.offset, strides: [...b.batch, 0, b.column, b.row] },
    ],
    phases: [
      { over: 'inner', code: [{ op: 'read', dtype, read: 0 }, { op: 'read', dtype, read: 1 }, { op: 'mul', dtype, args: [0, 1] }], reduce: [{ kind: 'sum', value: 2 }], write: [] },
      { over: 'outer', code: [{ op: 'reduced', dtype, value: 0 }], reduce: [], write: [{ access: { buffer: out, dtype, offset: 0, strides: [...contiguous(outer), 0] }, value: 0 }] },
    ],
  }
}
