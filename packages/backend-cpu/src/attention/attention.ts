import { sizeOf } from '@gradloom/core'
import { idle, type DeviceKernel, type PrepareKernel } from '../kernels/device-kernel.ts'
import { createBlocks, type AttentionAttrs } from './blocks.ts'

/**
 * Softmax of scores times values, a block of queries at a time: no [queries, keys] array is made.
 * @see T. Dao et al., "FlashAttention", 2022, https://arxiv.org/abs/2205.14135
 */
export const attention: PrepareKernel<AttentionAttrs> = (
  { inputs: [q, k, v, mask], outputs: [, sums], attrs },
  modules,
): DeviceKernel => {
  if (sizeOf(sums.shape) === 0) return idle
  const blocks = createBlocks('attention', [q, k, v], mask, sums.shape.slice(0, -2), attrs, modules)
  const { module, bytes, batches, starts, stride, queries, valueFeatures, scoreBytes } = blocks
  const [qAt, kAt, vAt, maskAt] = [q, k, v, ...(mask ? [mask] : [])].map((x) => blocks.offsets(x))
  return {
    sharedBytes: 0,
    scratchBytes: scoreBytes + blocks.gemmBytes,
    tables: new Int32Array(0),
    phases: [
      {
        units: batches * starts.length,
        run: ({ inputs: [q0, k0, v0, mask0], outputs: [y, sums0], scratch }, begin, end) => {
          const products = scratch + scoreBytes
          for (let unit = begin; unit < end; unit++) {
            const b = Math.floor(unit / starts.length)
            const start = starts[unit % starts.length]
            const rows = blocks.rows(start)
            const keys = blocks.seen(start)
            const row = b * queries + start
            blocks.scores(scratch, products, q0 + qAt[b], k0 + kAt[b], start, mask ? mask0 + maskAt[b] : 0)
            module.softmaxRows(scratch, stride, rows, keys, ...blocks.sight(start), sums0 + 2 * row * bytes)
            module.gemm(
              scratch,
              stride / bytes,
              1,
              v0 + vAt[b],
              valueFeatures,
              1,
              y + row * valueFeatures * bytes,
              valueFeatures,
              rows,
              valueFeatures,
              keys,
              1,
              0,
              products,
            )
          }
        },
      },
    ],
  }
}
