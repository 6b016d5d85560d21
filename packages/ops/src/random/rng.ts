import {
  add,
  asTensor,
  cast,
  div,
  type DType,
  exp,
  less,
  mul,
  type Shape,
  sub,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { argsort } from '../sort.ts'
import { createSources } from './bits.ts'
import { exponential1, gamma1, normals, truncated } from './distributions.ts'
import { fans, orthogonalMatrix } from './initialisers.ts'

/** A shape, or a tensor whose shape to take, which may be unknown yet. */
export type ShapeLike = Shape | Tensor
/** float32 unless float64 is asked for; integer dtypes are refused with a DTypeError. */
export interface DrawOptions {
  readonly dtype?: DType
}
export interface NormalOptions extends DrawOptions {
  readonly mean?: TensorLike
  readonly std?: TensorLike
}

/** Random tensors as graph: each call is a stream of its own, every run draws afresh, and the same seed, calls and runs
 * give the same numbers on every backend (but for rounding in log and cos). Gradients do not pass to the settings `p`
 * and `alpha`. */
export interface Rng {
  /** In [low, high), 0 and 1 by default. */
  uniform(shape: ShapeLike, options?: DrawOptions & { readonly low?: TensorLike; readonly high?: TensorLike }): Tensor
  normal(shape: ShapeLike, options?: NormalOptions): Tensor
  /** A normal within two standard deviations of its mean. */
  truncatedNormal(shape: ShapeLike, options?: NormalOptions): Tensor
  /** e to the power of a normal. */
  logNormal(shape: ShapeLike, options?: NormalOptions): Tensor
  /** True with probability `p`, 0.5 by default; as bool, or 0 and 1 of `dtype`. */
  bernoulli(shape: ShapeLike, options?: DrawOptions & { readonly p?: TensorLike }): Tensor
  /** Density rate e^(-rate x). */
  exponential(shape: ShapeLike, options?: DrawOptions & { readonly rate?: TensorLike }): Tensor
  /** Density proportional to x^(alpha - 1) e^(-x / scale), alpha > 0. */
  gamma(shape: ShapeLike, alpha: TensorLike, options?: DrawOptions & { readonly scale?: TensorLike }): Tensor
  /** 0 ... n - 1 in random order, int32. */
  permutation(n: number): Tensor
  /** Uniform with variance 2 / (fanIn + fanOut). Weights are `[in, out]`, kernels `[out, in, ...]`. */
  glorotUniform(shape: Shape, options?: DrawOptions): Tensor
  /** Normal with variance 2 / (fanIn + fanOut). */
  glorotNormal(shape: Shape, options?: DrawOptions): Tensor
  /** Uniform with variance 2 / fanIn, for ReLU networks. */
  heUniform(shape: Shape, options?: DrawOptions): Tensor
  /** Normal with variance 2 / fanIn, for ReLU networks. */
  heNormal(shape: Shape, options?: DrawOptions): Tensor
  /** Orthonormal rows or columns, whichever are fewer, times `gain`. */
  orthogonal(shape: Shape, options?: DrawOptions & { readonly gain?: number }): Tensor
}

/** Random numbers of a seed, any whole number. @throws DTypeError for another seed
 * @see {@link philox4x32} for the generator
 * @example const rng = createRng(42); env.name('w').set(rng.glorotUniform([784, 128])) */
export function createRng(seed: number): Rng {
  const source = createSources(seed)
  const scaled = (z: Tensor, { mean = 0, std = 1 }: NormalOptions): Tensor => add(mul(z, std), mean)
  const uniform: Rng['uniform'] = (shape, { low = 0, high = 1, dtype } = {}) => {
    const span = typeof low === 'number' && typeof high === 'number' ? high - low : sub(high, low)
    return add(mul(source().unit(shape, dtype), span), low)
  }
  const normal: Rng['normal'] = (shape, options = {}) => scaled(normals(source(), shape, options.dtype)[0], options)
  const within = (shape: Shape, variance: number, options?: DrawOptions): Tensor =>
    uniform(shape, { ...options, low: -Math.sqrt(3 * variance), high: Math.sqrt(3 * variance) })
  const glorot = (shape: Shape): number => {
    const [fanIn, fanOut] = fans(shape)
    return 2 / (fanIn + fanOut)
  }
  const he = (shape: Shape): number => 2 / fans(shape)[0]
  return Object.freeze<Rng>({
    uniform,
    normal,
    truncatedNormal: (shape, options = {}) => scaled(truncated(source(), shape, options.dtype), options),
    logNormal: (shape, options) => exp(normal(shape, options)),
    bernoulli: (shape, { p = 0.5, dtype = 'bool' } = {}) => cast(less(source().unit(shape), p), dtype),
    exponential: (shape, { rate = 1, dtype } = {}) => div(exponential1(source(), shape, dtype), rate),
    gamma: (shape, alpha, { scale = 1, dtype } = {}) =>
      mul(gamma1(source(), shape, asTensor(alpha, dtype), dtype), scale),
    permutation: (n) => argsort(source().bits([n])),
    glorotUniform: (shape, options) => within(shape, glorot(shape), options),
    glorotNormal: (shape, options) => normal(shape, { ...options, std: Math.sqrt(glorot(shape)) }),
    heUniform: (shape, options) => within(shape, he(shape), options),
    heNormal: (shape, options) => normal(shape, { ...options, std: Math.sqrt(he(shape)) }),
    orthogonal: (shape, { gain = 1, dtype } = {}) => mul(orthogonalMatrix(source(), shape, dtype), gain),
  })
}
