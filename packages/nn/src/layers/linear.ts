import { matmul, zeros, type Tensor } from '@gradloom/core'
import { affine } from '../normalisation/affine.ts'
import { joined, REQUIRED, settings } from '../settings.ts'
import { layer, type Layer } from './layer.ts'

/** x w + b over the last axis, w [in, out] Glorot-uniform. @throws ShapeError */
export const linear = (
  features: number,
  outputs: number,
  options?: { readonly bias?: boolean },
): Layer<{ weight: Tensor; bias?: Tensor }> => {
  const { bias } = settings('linear', joined(options, { features, outputs }), {
    features: REQUIRED,
    outputs: REQUIRED,
    bias: true,
  })
  return layer({
    init: (rng) => ({ weight: rng.glorotUniform([features, outputs]), ...(bias && { bias: zeros([outputs]) }) }),
    apply: (p, x) => {
      const y = matmul(x, p.weight)
      return affine('linear', y, [y.rank - 1], { bias: p.bias })
    },
  })
}
