import { ShapeError, zeros, type Tensor } from '@gradloom/core'
import { conv2d as convolve, convDefaults, type ConvOptions } from '../convolution/conv.ts'
import { perAxis, type PerAxis } from '../convolution/geometry.ts'
import { joined, REQUIRED, settings } from '../settings.ts'
import { layer, type Layer } from './layer.ts'

/** Convolution over images `[N, C, H, W]`, the kernel He-normal. @throws ShapeError */
export function conv2d(
  channels: number,
  outputs: number,
  options: Omit<ConvOptions, 'bias'> & { readonly kernelSize: PerAxis; readonly bias?: boolean },
): Layer<{ weight: Tensor; bias?: Tensor }> {
  const given = settings('conv2d', joined(options, { channels, outputs }), {
    ...convDefaults,
    channels: REQUIRED,
    outputs: REQUIRED,
    kernelSize: undefined,
    bias: true,
  })
  const { bias, groups, stride, padding, dilation } = given
  const kernel = perAxis('conv2d', 'kernelSize', given.kernelSize ?? NaN, 2, 1)
  if (channels % groups || outputs % groups)
    throw new ShapeError(`conv2d: channels divisible by ${groups} groups required, got ${channels} and ${outputs}`)
  return layer({
    init: (rng) => ({
      weight: rng.heNormal([outputs, channels / groups, ...kernel]),
      ...(bias && { bias: zeros([outputs]) }),
    }),
    apply: (p, x) => convolve(x, p.weight, { groups, stride, padding, dilation, bias: p.bias }),
  })
}
