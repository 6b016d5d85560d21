import { reshape, type Tensor } from '@gradloom/core'
import { layers, maxPool2d } from '@gradloom/nn'
import type { Problem } from './problem.ts'
import type { TrainSettings } from './settings.ts'
import type { Part, Stack } from './stack.ts'

/** Convolutions of 5 x 5, each followed by pooling that halves the image, then the dense layers. Loaded with the first
 * network of this kind, not with the page. */
export function convolutions(
  { channels, widths }: TrainSettings,
  { classes }: Problem,
  act: (x: Tensor) => Tensor,
): Stack {
  const counts = [1, ...channels]
  const pool = (x: Tensor): Tensor => maxPool2d(x, { kernelSize: 2 })
  const kernels = channels.map((count, i) => layers.conv2d(counts[i], count, { kernelSize: 5, padding: 2 }))
  const side = channels.reduce((size) => Math.floor(size / 2), 28)
  const features = counts[channels.length] * side * side
  const flat = (x: Tensor): Tensor => reshape(x, [-1, features])
  const sizes = [features, ...widths, classes]
  const linears = sizes.slice(1).map((size, i) => layers.linear(sizes[i], size))
  const rest = [
    ...kernels.slice(1).flatMap((kernel): Part[] => [act, pool, kernel]),
    act,
    pool,
    flat,
    ...linears.flatMap((linear, i): Part[] => (i ? [act, linear] : [linear])),
  ]
  return { first: kernels[0] as unknown as layers.Layer, rest }
}
