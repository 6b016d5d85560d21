import { add, cast, mean, mul, rsqrt, normalizeAxes, square, type Tensor, type TensorLike } from '@gradloom/core'
import { upcast } from '@gradloom/core/extend'
import { asFloats } from '../asFloats.ts'
import { settings } from '../settings.ts'
import { affine, affineDefaults, type AffineOptions } from './affine.ts'
import { standardise } from './standardise.ts'

export interface LayerNormOptions extends AffineOptions {
  /** One or many; scale and bias have their sizes. */
  readonly axis?: number | readonly number[]
  readonly eps?: number
}

/** (x - mean) / sqrt(variance + eps) * scale + bias, the statistics over `axis` of each example. Squares overflow where
 * |x - mean| is above about 1e18 in float32: the quotient is 0 there, as in PyTorch and JAX.
 * @see https://arxiv.org/abs/1607.06450 @throws ShapeError */
export function layerNorm(x: TensorLike, options?: LayerNormOptions): Tensor {
  const { axis = -1, eps, ...rest } = settings('layerNorm', options, { ...affineDefaults, axis: undefined, eps: 1e-5 })
  const [t] = asFloats(x)
  const axes = normalizeAxes('layerNorm', axis, t.shape)
  return affine('layerNorm', standardise(t, axes, eps), axes, rest)
}

/** x / sqrt(mean of x^2 + eps) * scale over `axis`. Squares overflow where |x| is above about 1e18 in float32: the
 * quotient is 0 there, as in PyTorch and JAX. @see https://arxiv.org/abs/1910.07467 @throws ShapeError */
export function rmsNorm(x: TensorLike, options?: Omit<LayerNormOptions, 'bias'>): Tensor {
  const { axis = -1, eps, scale } = settings('rmsNorm', options, { axis: undefined, eps: 1e-6, scale: undefined })
  const [t] = asFloats(x)
  const axes = normalizeAxes('rmsNorm', axis, t.shape)
  const wide = upcast(t)
  const y = mul(wide, rsqrt(add(mean(square(wide), { axis: axes, keepDims: true }), eps)))
  return affine('rmsNorm', cast(y, t.dtype), axes, { scale })
}
