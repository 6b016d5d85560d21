import {
  asTensor,
  cast,
  mean,
  mul,
  add,
  rsqrt,
  normalizeAxes,
  square,
  toFloat,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { affine, type AffineOptions } from './affine.ts'
import { standardise } from './standardise.ts'

export interface LayerNormOptions extends AffineOptions {
  /** One or many; scale and bias have their sizes. */
  readonly axis?: number | readonly number[]
  readonly eps?: number
}

const floating = (x: TensorLike): Tensor => {
  const t = asTensor(x)
  return cast(t, toFloat(t.dtype))
}

/** (x - mean) / sqrt(variance + eps) * scale + bias, the statistics over `axis` of each example.
 * @see https://arxiv.org/abs/1607.06450 @throws ShapeError */
export function layerNorm(x: TensorLike, { axis = -1, eps = 1e-5, ...rest }: LayerNormOptions = {}): Tensor {
  const t = floating(x)
  const axes = normalizeAxes('layerNorm', axis, t.shape)
  return affine('layerNorm', standardise(t, axes, eps), axes, rest)
}

/** x / sqrt(mean of x^2 + eps) * scale over `axis`. @see https://arxiv.org/abs/1910.07467 @throws ShapeError */
export function rmsNorm(x: TensorLike, { axis = -1, eps = 1e-6, scale }: Omit<LayerNormOptions, 'bias'> = {}): Tensor {
  const t = floating(x)
  const axes = normalizeAxes('rmsNorm', axis, t.shape)
  return affine('rmsNorm', mul(t, rsqrt(add(mean(square(t), { axis: axes, keepDims: true }), eps))), axes, { scale })
}
