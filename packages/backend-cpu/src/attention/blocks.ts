import { gemmScratchBytes, type Real } from '@gradloom/blas-wasm'
import { contiguous, sizeOf, type KernelArgument } from '@gradloom/core'
import { realOf } from '../kernels/real.ts'
import type { WasmModules } from '../kernels/modules.ts'
import { attentionModule, type AttentionModule } from './module.ts'
import { stepOf } from './emit-rows.ts'

export interface AttentionAttrs {
  readonly causal: boolean
  readonly scale: number | null
}

/** Queries whose scores are there at a time: with causal attention, keys that none of them sees are left out. */
const BLOCK = 32

/** How attention is cut: into blocks of queries, each with the scores of all keys that they see. */
export interface Blocks {
  readonly type: Real
  readonly bytes: number
  readonly module: AttentionModule
  readonly scale: number
  readonly queries: number
  readonly keys: number
  readonly features: number
  readonly valueFeatures: number
  readonly batches: number
  /** First queries of the blocks. */
  readonly starts: readonly number[]
  /** Bytes from one row of scores to the next. */
  readonly stride: number
  /** Bytes of the scores of a block. */
  readonly scoreBytes: number
  readonly gemmBytes: number
  rows(start: number): number
  /** Keys that the queries of a block see, together. */
  seen(start: number): number
  /** Bytes to a batch of an operand that may be broadcast. */
  offsets(x: KernelArgument): readonly number[]
  /** Writes scale q k^T and what the mask adds. */
  scores(to: number, scratch: number, q: number, k: number, start: number, mask: number): void
  /** `first` and `more` of the emitted functions. */
  sight(start: number): readonly [number, number]
}

export function createBlocks(
  name: string,
  [q, k, v]: readonly KernelArgument[],
  mask: KernelArgument | undefined,
  batch: readonly number[],
  { causal, scale }: AttentionAttrs,
  modules: WasmModules,
): Blocks {
  const type = realOf(name, q, k, v)
  const bytes = type === 'f32' ? 4 : 8
  const module = modules.get<AttentionModule>(attentionModule, type)
  const [queries, features] = q.shape.slice(-2)
  const [keys, valueFeatures] = v.shape.slice(-2)
  const factor = scale ?? 1 / Math.sqrt(Math.max(1, features))
  const step = stepOf({ count: type === 'f32' ? 4 : 2 })
  const length = Math.ceil(keys / step) * step * bytes
  // Rows a power of two apart would share their place in the first-level cache.
  const stride = length % 512 === 0 ? length + 64 : length
  const starts = Array.from({ length: Math.ceil(queries / BLOCK) }, (_, i) => i * BLOCK)
  const rows = (start: number): number => Math.min(BLOCK, queries - start)
  const seen = (start: number): number => (causal ? Math.min(keys, start + rows(start)) : keys)
  const [maskRow, maskColumn] = mask
    ? mask.shape.slice(-2).map((n, i) => (n === 1 ? 0 : (i ? 1 : mask.shape.at(-1)!) * bytes))
    : [0, 0]
  const sizes = starts.flatMap((s): number[] => {
    const m = rows(s)
    const n = seen(s)
    return [
      [m, n, features],
      [m, n, valueFeatures],
      [m, valueFeatures, n],
      [m, features, n],
      [n, features, m],
      [n, valueFeatures, m],
    ].map(([a, b, c]) => gemmScratchBytes(type, a, b, c))
  })
  return {
    type,
    bytes,
    module,
    scale: factor,
    queries,
    keys,
    features,
    valueFeatures,
    batches: sizeOf(batch),
    starts,
    stride,
    scoreBytes: Math.min(BLOCK, queries) * stride,
    gemmBytes: Math.max(0, ...sizes),
    rows,
    seen,
    offsets: ({ shape }) => {
      const lead = shape.slice(0, -2)
      const strides = contiguous(lead)
      const skipped = batch.length - lead.length
      const places = contiguous(batch)
      const size = sizeOf(shape.slice(-2)) * bytes
      return Array.from(
        { length: sizeOf(batch) },
        (_, b) =>
          size *
          lead.reduce((sum, n, i) => sum + (n === 1 ? 0 : strides[i] * (Math.floor(b / places[skipped + i]) % n)), 0),
      )
    },
    scores: (to, scratch, q0, k0, start, maskAt) => {
      const m = rows(start)
      const n = seen(start)
      module.gemm(
        q0 + start * features * bytes,
        features,
        1,
        k0,
        1,
        features,
        to,
        stride / bytes,
        m,
        n,
        features,
        factor,
        0,
        scratch,
      )
      if (mask) module.addRows(to, stride, m, n, maskAt + start * maskRow, maskRow, maskColumn)
    },
    sight: (start) => (causal ? [start + 1, 1] : [keys, 0]),
  }
}
