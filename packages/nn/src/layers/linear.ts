import { add, matmul, zeros, type Tensor } from '@gradloom/core'
import type { Layer } from './layer.ts'

/** x w + b over the last axis, w [in, out] Glorot-uniform. */
export const linear = (
  features: number,
  outputs: number,
  { bias = true }: { readonly bias?: boolean } = {},
): Layer<{ weight: Tensor; bias?: Tensor }> => ({
  init: (rng) => ({ weight: rng.glorotUniform([features, outputs]), ...(bias && { bias: zeros([outputs]) }) }),
  apply: (p, x) => (p.bias ? add(matmul(x, p.weight), p.bias) : matmul(x, p.weight)),
})
