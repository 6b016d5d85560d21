import { apply, defineOp, ShapeError, show, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { asFloats } from '../asFloats.ts'
import { affine } from '../normalisation/affine.ts'
import { settings } from '../settings.ts'
import { requireSpatial } from '../shapes.ts'
import { convolutionOp, convolved, flipped, type ConvolutionAttrs } from './convolution.ts'
import { perAxis, type Padding, type PerAxis } from './geometry.ts'

export interface ConvOptions {
  /** Added to each output channel, [O]. */
  readonly bias?: TensorLike
  readonly stride?: PerAxis
  /** Zeros on both sides of an axis; 'same' keeps sizes (stride 1), 'valid' is 0. */
  readonly padding?: PerAxis | 'same' | 'valid'
  readonly dilation?: PerAxis
  readonly groups?: number
}

export const convDefaults = {
  bias: undefined,
  stride: undefined,
  padding: undefined,
  dilation: undefined,
  groups: 1,
} as const

/** The convolution, checked in the name of the function that users call, with its bias. */
function convolve(name: string, x: Tensor, w: Tensor, attrs: ConvolutionAttrs, bias: TensorLike | undefined): Tensor {
  convolved(name, [x, w], attrs)
  return affine(name, apply(convolutionOp, [x, w], attrs), [1], { bias })
}

const conv =
  (name: string, n: number) =>
  (x: TensorLike, w: TensorLike, options?: ConvOptions): Tensor => {
    const given = settings(name, options, convDefaults)
    const [tx, tw] = asFloats(x, w)
    requireSpatial(name, n, tx, tw)
    const { bias, groups, padding } = given
    const stride = perAxis(name, 'stride', given.stride, n, 1)
    const dilation = perAxis(name, 'dilation', given.dilation, n, 1)
    const inputDilation = stride.map(() => 1)
    if (padding === 'same') {
      if (stride.some((s) => s !== 1))
        throw new ShapeError(`${name}: padding 'same' needs stride 1, got [${stride.join(', ')}]; give numbers`)
      const attrs = { stride, dilation, inputDilation, groups, padding: samePadding(tw, dilation) }
      return tw.shape.includes(-1, 2)
        ? affine(name, apply(sameConvolutionOp, [tx, tw], attrs), [1], { bias })
        : convolve(name, tx, tw, attrs, bias)
    }
    const around = perAxis(name, 'padding', padding === 'valid' ? 0 : padding, n, 0)
    const attrs = { stride, dilation, inputDilation, groups, padding: around.map((p): [number, number] => [p, p]) }
    return convolve(name, tx, tw, attrs, bias)
  }

/** As many zeros as keep sizes, the odd one behind; none for a kernel of unknown size. */
const samePadding = (w: Tensor, dilation: readonly number[]): Padding =>
  dilation.map((d, i) => {
    const total = d * Math.max(0, w.shape[i + 2] - 1)
    const before = Math.floor(total / 2)
    return [before, total - before]
  })

/** A convolution that keeps sizes by a kernel whose size, and so the padding, is not known yet. */
const sameConvolutionOp: Op<ConvolutionAttrs> = defineOp<ConvolutionAttrs>({
  name: 'sameConvolution',
  expandsAt: 'specialise',
  infer: (inputs, attrs) => {
    const { shape, dtype } = convolved('sameConvolution', inputs, attrs)
    return { shape: [...shape.slice(0, 2), ...inputs[0].shape.slice(2)], dtype }
  },
  decompose: ([x, w], attrs) => apply(convolutionOp, [x, w], { ...attrs, padding: samePadding(w, attrs.dilation) }),
})

export interface ConvTransposeOptions {
  readonly bias?: TensorLike
  readonly stride?: PerAxis
  /** What the convolution that this one transposes had. */
  readonly padding?: PerAxis
  /** Elements more at the end of each axis: which of the sizes that the convolution maps to one is meant. */
  readonly outputPadding?: PerAxis
  readonly dilation?: PerAxis
  readonly groups?: number
}

const convTranspose =
  (name: string, n: number) =>
  (x: TensorLike, w: TensorLike, options?: ConvTransposeOptions): Tensor => {
    const given = settings(name, options, { ...convDefaults, outputPadding: undefined })
    const [tx, tw] = asFloats(x, w)
    requireSpatial(name, n, tx, tw)
    const { bias, groups } = given
    const stride = perAxis(name, 'stride', given.stride, n, 1)
    const dilation = perAxis(name, 'dilation', given.dilation, n, 1)
    const crop = perAxis(name, 'padding', given.padding, n, 0)
    const extra = perAxis(name, 'outputPadding', given.outputPadding, n, 0)
    if (tw.shape.includes(-1) || tw.shape[0] % groups)
      throw new ShapeError(
        `${name}: a kernel [in, out / groups, ...] with in divisible by ${groups} required, got ${show(tw.shape)}`,
      )
    if (extra.some((e, i) => e >= Math.max(stride[i], dilation[i])))
      throw new ShapeError(`${name}: outputPadding must be less than stride or dilation, got [${extra.join(', ')}]`)
    const padding = dilation.map((d, i): [number, number] => {
      const reach = d * (tw.shape[i + 2] - 1) - crop[i]
      return [reach, reach + extra[i]]
    })
    const attrs = { stride: stride.map(() => 1), padding, dilation, inputDilation: stride, groups }
    return convolve(name, tx, flipped(tw, groups), attrs, bias)
  }

/** Convolution (cross-correlation) over the last axis: `[N, C, L], [O, C / groups, K] -> [N, O, L']`, with
 * L' = floor((L + 2 padding - dilation (K - 1) - 1) / stride) + 1. @throws ShapeError */
export const conv1d: (x: TensorLike, w: TensorLike, options?: ConvOptions) => Tensor = conv('conv1d', 1)
/** Convolution over images: `[N, C, H, W], [O, C / groups, KH, KW] -> [N, O, H', W']`; sizes as {@link conv1d}. @throws
 * ShapeError
 * @example conv2d(images, kernel, { bias, stride: 2, padding: 1 }) */
export const conv2d: (x: TensorLike, w: TensorLike, options?: ConvOptions) => Tensor = conv('conv2d', 2)
/** Convolution over volumes: `[N, C, D, H, W], [O, C / groups, KD, KH, KW]`; sizes as {@link conv1d}. @throws
 * ShapeError */
export const conv3d: (x: TensorLike, w: TensorLike, options?: ConvOptions) => Tensor = conv('conv3d', 3)
/** The transpose of {@link conv1d}: `[N, C, L], [C, O / groups, K] -> [N, O, L']`, with
 * L' = (L - 1) stride - 2 padding + dilation (K - 1) + outputPadding + 1. @throws ShapeError */
export const convTranspose1d: (x: TensorLike, w: TensorLike, options?: ConvTransposeOptions) => Tensor = convTranspose(
  'convTranspose1d',
  1,
)
/** The transpose of {@link conv2d}: `[N, C, H, W], [C, O / groups, KH, KW]`; sizes as {@link convTranspose1d}. @throws
 * ShapeError */
export const convTranspose2d: (x: TensorLike, w: TensorLike, options?: ConvTransposeOptions) => Tensor = convTranspose(
  'convTranspose2d',
  2,
)
