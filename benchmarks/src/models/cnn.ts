import { glorot, type Model } from './model.ts'

/** Images [batch, 1, 28, 28]; kernels [out, in, 3, 3]. */
export const cnnSizes = { image: 28, kernel: 3, channels: [16, 32], classes: 10 } as const
const {
  image,
  kernel,
  channels: [c1, c2],
  classes,
} = cnnSizes
const taps = kernel * kernel
/** Of the last dense layer. */
export const cnnFeatures: number = c2 * (image / 4) ** 2

/** Two times convolution (padding 'same'), relu, 2 x 2 max-pooling; then one dense layer over the flattened [c, y, x].
 * */
export const cnn: Model = {
  parameters: [
    { name: 'k1', shape: [c1, 1, kernel, kernel], bound: glorot(taps, taps * c1) },
    { name: 'b1', shape: [c1], bound: 0.01 },
    { name: 'k2', shape: [c2, c1, kernel, kernel], bound: glorot(taps * c1, taps * c2) },
    { name: 'b2', shape: [c2], bound: 0.01 },
    { name: 'w', shape: [cnnFeatures, classes], bound: glorot(cnnFeatures, classes) },
    { name: 'b', shape: [classes], bound: 0.01 },
  ],
  batch: (size) => [
    { name: 'x', shape: [size, 1, image, image] },
    { name: 'y', shape: [size], below: classes },
  ],
  forwardFlops: (size) =>
    2 * size * (image ** 2 * taps * c1 + (image / 2) ** 2 * taps * c1 * c2 + cnnFeatures * classes),
  firstFlops: (size) => 2 * size * image ** 2 * taps * c1,
  learningRate: { sgd: 0.01, adam: 1e-4 },
}
