import { zeros, type Tensor } from '@gradloom/core'
import { conv2d as convolve, type ConvOptions } from '../convolution/conv.ts'
import { perAxis, type PerAxis } from '../convolution/geometry.ts'
import type { Layer } from './layer.ts'

/** Convolution over images `[N, C, H, W]`, the kernel He-normal. */
export function conv2d(
  channels: number,
  outputs: number,
  options: Omit<ConvOptions, 'bias'> & { readonly kernelSize: PerAxis; readonly bias?: boolean },
): Layer<{ weight: Tensor; bias?: Tensor }> {
  const { kernelSize, bias = true, ...geometry } = options
  const kernel = perAxis('conv2d', 'kernelSize', kernelSize, 2, 1)
  return {
    init: (rng) => ({
      weight: rng.heNormal([outputs, channels / (geometry.groups ?? 1), ...kernel]),
      ...(bias && { bias: zeros([outputs]) }),
    }),
    apply: (p, x) => convolve(x, p.weight, { ...geometry, bias: p.bias }),
  }
}
