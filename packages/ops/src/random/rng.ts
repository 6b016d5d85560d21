import {
  add,
  asTensor,
  cast,
  div,
  type DType,
  exp,
  less,
  lessEqual,
  logicalOr,
  mul,
  type Shape,
  sub,
  type Tensor,
  type TensorLike,
  where,
} from '@gradloom/core'
import { checkDType, settings } from '@gradloom/core/extend'
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

/** Random tensors as graph: each call is a stream of its own, every run of a compiled step or an evaluator draws
 * afresh, and the same seed, calls and runs give the same numbers on every backend (but for rounding in log and cos).
 * In the open, a tensor is drawn once. Gradients do not pass to the settings `p` and `alpha`. */
export interface Rng {
  /** In [low, high), 0 and 1 by default; low where they are equal. */
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

type Given<D> = { readonly [K in keyof D]: TensorLike } & DrawOptions

/** Settings over defaults that are numbers, for which tensors may stand, and a dtype. */
function given<D extends { readonly [name: string]: number }>(name: string, options: unknown, defaults: D): Given<D> {
  const all = { ...defaults, dtype: undefined } as { readonly [K in keyof Given<D>]: Given<D>[K] | undefined }
  const values = settings<Given<D>>(name, options, all, (value) => (value === null ? 'a value' : undefined))
  if (values.dtype !== undefined) checkDType(name, values.dtype)
  return values
}

/** Random numbers of a seed, any whole number. @throws DTypeError for another seed
 * @see `philox4x32` of core for the generator
 * @example const rng = createRng(42); env.name('w').set(rng.glorotUniform([784, 128])) */
export function createRng(seed: number): Rng {
  const source = createSources(seed)
  const uniform: Rng['uniform'] = (shape, options) => {
    const { low, high, dtype } = given('uniform', options, { low: 0, high: 1 })
    const span = typeof low === 'number' && typeof high === 'number' ? high - low : sub(high, low)
    const y = add(mul(source().unit(shape, dtype), span), low)
    // Rounding gives each end half of what a number between them gets: what falls on high belongs to low.
    return low === 0 ? y : where(logicalOr(less(y, high), lessEqual(high, low)), y, low)
  }
  type Standard = (shape: ShapeLike, dtype?: DType) => Tensor
  const scaled =
    (name: string, standard: Standard): Rng['normal'] =>
    (shape, options) => {
      const { mean, std, dtype } = given(name, options, { mean: 0, std: 1 })
      return add(mul(standard(shape, dtype), std), mean)
    }
  const normalBy = (name: string): Rng['normal'] => scaled(name, (shape, dtype) => normals(source(), shape, dtype)[0])
  const normal = normalBy('normal')
  const logOfIt = normalBy('logNormal')
  const within = (name: string, shape: Shape, variance: number, options?: DrawOptions): Tensor => {
    const { dtype } = given(name, options, {})
    return uniform(shape, { dtype, low: -Math.sqrt(3 * variance), high: Math.sqrt(3 * variance) })
  }
  const around = (name: string, shape: Shape, variance: number, options?: DrawOptions): Tensor =>
    normal(shape, { dtype: given(name, options, {}).dtype, std: Math.sqrt(variance) })
  const glorot = (shape: Shape): number => {
    const [fanIn, fanOut] = fans(shape)
    return 2 / (fanIn + fanOut)
  }
  const he = (shape: Shape): number => 2 / fans(shape)[0]
  return Object.freeze<Rng>({
    uniform,
    normal,
    truncatedNormal: scaled('truncatedNormal', (shape, dtype) => truncated(source(), shape, dtype)),
    logNormal: (shape, options) => exp(logOfIt(shape, options)),
    bernoulli(shape, options) {
      const { p, dtype = 'bool' } = given('bernoulli', options, { p: 0.5 })
      return cast(less(source().unit(shape), p), dtype)
    },
    exponential(shape, options) {
      const { rate, dtype } = given('exponential', options, { rate: 1 })
      return div(exponential1(source(), shape, dtype), rate)
    },
    gamma(shape, alpha, options) {
      const { scale, dtype } = given('gamma', options, { scale: 1 })
      return mul(gamma1(source(), shape, asTensor(alpha, dtype), dtype), scale)
    },
    permutation: (n) => argsort(source().bits([n])),
    glorotUniform: (shape, options) => within('glorotUniform', shape, glorot(shape), options),
    glorotNormal: (shape, options) => around('glorotNormal', shape, glorot(shape), options),
    heUniform: (shape, options) => within('heUniform', shape, he(shape), options),
    heNormal: (shape, options) => around('heNormal', shape, he(shape), options),
    orthogonal(shape, options) {
      const { gain, dtype } = given('orthogonal', options, { gain: 1 })
      return mul(orthogonalMatrix(source(), shape, dtype), gain)
    },
  })
}
