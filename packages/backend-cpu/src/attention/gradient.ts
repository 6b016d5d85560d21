import { sameShape, sizeOf } from '@gradloom/core'
import { idle, type DeviceKernel, type PrepareKernel } from '../kernels/device-kernel.ts'
import { createBlocks, type AttentionAttrs } from './blocks.ts'

/**
 * The cotangents of q, k and v, with probabilities computed again a block of queries at a time: p = e^(score -
 * largest - logarithm), d = p (g v^T - shift); dq = d k, dk = d^T q, dv = p^T g. Sums over queries go block by block.
 * Batches are units of work, unless an operand serves several.
 */
export const attentionGradient: PrepareKernel<AttentionAttrs> = (
  { inputs: [q, k, v, sums, g, , mask], outputs, attrs },
  modules,
): DeviceKernel => {
  const batch = sums.shape.slice(0, -2)
  if (outputs.every((x) => sizeOf(x.shape) === 0)) return idle
  const blocks = createBlocks('attentionGradient', [q, k, v], mask, batch, attrs, modules)
  const { module, bytes, batches, starts, stride, queries, features, valueFeatures, scale, scoreBytes } = blocks
  const [qAt, kAt, vAt, gAt, maskAt] = [q, k, v, g, ...(mask ? [mask] : [])].map((x) => blocks.offsets(x))
  const alone = [q, k, v].every((x) => sameShape(x.shape.slice(0, -2), batch))
  const units = alone ? batches : 1
  return {
    sharedBytes: 0,
    scratchBytes: 2 * scoreBytes + blocks.gemmBytes,
    tables: new Int32Array(0),
    phases: [
      {
        units,
        run: ({ inputs: [q0, k0, v0, sums0, g0, shift, mask0], outputs: to, scratch }, begin, end) => {
          outputs.forEach((x, i) => {
            const each = (sizeOf(x.shape) / units) * bytes
            module.clear(to[i] + begin * each, (end - begin) * each)
          })
          const p = scratch
          const d = scratch + scoreBytes
          const products = d + scoreBytes
          const ld = stride / bytes
          for (let b = alone ? begin : 0; b < (alone ? end : batches); b++) {
            for (const start of starts) {
              const rows = blocks.rows(start)
              const keys = blocks.seen(start)
              const row = b * queries + start
              const qBlock = start * features * bytes
              const gBlock = g0 + gAt[b] + start * valueFeatures * bytes
              blocks.scores(p, products, q0 + qAt[b], k0 + kAt[b], start, mask ? mask0 + maskAt[b] : 0)
              module.gemm(
                gBlock,
                valueFeatures,
                1,
                v0 + vAt[b],
                1,
                valueFeatures,
                d,
                ld,
                rows,
                keys,
                valueFeatures,
                1,
                0,
                products,
              )
              module.gradientRows(
                p,
                stride,
                rows,
                keys,
                ...blocks.sight(start),
                d,
                sums0 + 2 * row * bytes,
                shift + row * bytes,
              )
              module.gemm(
                d,
                ld,
                1,
                k0 + kAt[b],
                features,
                1,
                to[0] + qAt[b] + qBlock,
                features,
                rows,
                features,
                keys,
                scale,
                1,
                products,
              )
              module.gemm(
                d,
                1,
                ld,
                q0 + qAt[b] + qBlock,
                features,
                1,
                to[1] + kAt[b],
                features,
                keys,
                features,
                rows,
                scale,
                1,
                products,
              )
              module.gemm(
                p,
                1,
                ld,
                gBlock,
                valueFeatures,
                1,
                to[2] + vAt[b],
                valueFeatures,
                keys,
                valueFeatures,
                rows,
                1,
                1,
                products,
              )
            }
          }
        },
      },
    ],
  }
}
