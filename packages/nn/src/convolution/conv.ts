import {
  add,
  apply,
  asTensor,
  cast,
  expandDims,
  promote,
  ShapeError,
  show,
  toFloat,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { convolutionOp, flipped } from './convolution.ts'
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

/** Input and kernel in one float dtype, of n spatial axes. */
function operands(name: string, x: TensorLike, w: TensorLike, n: number): [Tensor, Tensor] {
  const tx = asTensor(x)
  const tw = asTensor(w)
  const dtype = toFloat(promote(tx.dtype, tw.dtype))
  if (tx.rank !== n + 2 || tw.rank !== n + 2)
    throw new ShapeError(
      `${name}: rank ${n + 2} required, [batch, channels, ...${n} sizes], got ${show(tx.shape, tw.shape)}`,
    )
  return [cast(tx, dtype), cast(tw, dtype)]
}

const biased = (y: Tensor, bias: TensorLike | undefined, n: number): Tensor =>
  bias === undefined
    ? y
    : add(
        y,
        expandDims(
          asTensor(bias, y.dtype),
          Array.from({ length: n }, (_, i) => i + 1),
        ),
      )

const conv =
  (name: string, n: number) =>
  (x: TensorLike, w: TensorLike, options: ConvOptions = {}): Tensor => {
    const [tx, tw] = operands(name, x, w, n)
    const { groups = 1 } = options
    const stride = perAxis(name, 'stride', options.stride ?? 1, n, 1)
    const dilation = perAxis(name, 'dilation', options.dilation ?? 1, n, 1)
    const padding =
      options.padding === 'same'
        ? same(name, tw, stride, dilation)
        : perAxis(name, 'padding', options.padding === 'valid' ? 0 : (options.padding ?? 0), n, 0).map(
            (p): [number, number] => [p, p],
          )
    return biased(
      apply(convolutionOp, [tx, tw], { stride, padding, dilation, inputDilation: stride.map(() => 1), groups }),
      options.bias,
      n,
    )
  }

function same(name: string, w: Tensor, stride: readonly number[], dilation: readonly number[]): Padding {
  if (stride.some((s) => s !== 1))
    throw new ShapeError(`${name}: padding 'same' needs stride 1, got [${stride.join(', ')}]; give numbers`)
  return dilation.map((d, i) => {
    const total = d * (w.shape[i + 2] - 1)
    const before = Math.floor(total / 2)
    return [before, total - before]
  })
}

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
  (x: TensorLike, w: TensorLike, options: ConvTransposeOptions = {}): Tensor => {
    const [tx, tw] = operands(name, x, w, n)
    const { groups = 1 } = options
    const setting = (key: 'stride' | 'padding' | 'outputPadding' | 'dilation', normal: number): readonly number[] =>
      perAxis(name, key, options[key] ?? normal, n, normal)
    const stride = setting('stride', 1)
    const dilation = setting('dilation', 1)
    const crop = setting('padding', 0)
    const extra = setting('outputPadding', 0)
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
    return biased(
      apply(convolutionOp, [tx, flipped(tw, groups)], {
        stride: stride.map(() => 1),
        padding,
        dilation,
        inputDilation: stride,
        groups,
      }),
      options.bias,
      n,
    )
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
