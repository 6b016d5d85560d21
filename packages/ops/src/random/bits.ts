import {
  apply,
  asTensor,
  cast,
  checkShape,
  defineOp,
  type DType,
  DTypeError,
  hostArray,
  isFloat,
  type Op,
  type Shape,
  Tensor,
} from '@gradloom/core'
import { ambient, checkDType, constant, iota, isKnown, runCounter, shown } from '@gradloom/core/extend'

/** Which of the streams of a source it is. */
type Stream = { readonly stream: number }

const bitsOp: Op<Stream> = defineOp<Stream>({
  name: 'randomBits',
  promotion: 'none',
  vjp: constant,
  expr: ([index, first, key0, key1, run], { stream }) =>
    index.philox(stream ? first.add(stream) : first, key0, key1, run),
})
/** Bits for a tensor whose shape is not known yet. */
const bitsLikeOp: Op<Stream> = defineOp<Stream>({
  name: 'randomBitsLike',
  vjp: constant,
  infer: ([{ shape }]) => ({ shape, dtype: 'uint32' }),
  decompose: ([like, ...source], attrs) => apply(bitsOp, [iota(like.shape), ...source], attrs),
})
/** Words to [0, 1): the top 24 bits of one, or 53 of two for float64, so that every value is exact and 1 is never
 * reached. */
const unitOp: Op = defineOp({
  name: 'unitInterval',
  promotion: 'none',
  vjp: constant,
  expr: ([high, low]) =>
    low
      ? high
          .binary('shr', 5)
          .cast('float64')
          .mul(2 ** 26)
          .add(low.binary('shr', 6).cast('float64'))
          .mul(2 ** -53)
      : high
          .binary('shr', 8)
          .cast('float32')
          .mul(2 ** -24),
})

/** Numbered streams of random words: of a seed, the number of the run, and the position in the result, nothing else.
 * Each call takes the next stream. */
export interface Source {
  /** uint32 of a shape, or of the shape of a tensor. */
  bits(shape: Shape | Tensor): Tensor
  /** Uniform in [0, 1). @throws DTypeError for an integer dtype, and for float16, whose 11 bits are too few to draw
   * from */
  unit(shape: Shape | Tensor, dtype?: DType): Tensor
}

/** Sources of a seed, of which each goes on where the one before ended. Seed and first stream are data, so that the
 * same draws of another seed, or later ones, need no new plan. @throws DTypeError for a seed that is no safe integer */
export function createSources(seed: number): () => Source {
  if (!Number.isSafeInteger(seed))
    throw new DTypeError(`createRng: a whole number as seed required, got ${shown(seed)}`)
  const word = (n: number): Tensor => asTensor(hostArray(Uint32Array.of(n), []))
  const key = [word(seed), word(Math.floor(seed / 2 ** 32))]
  const run = runCounter()
  let next = 0
  return () => {
    const start = next
    const first = word(start)
    const bits = (like: Shape | Tensor): Tensor => {
      const attrs = { stream: next++ - start }
      const inputs = [first, ...key, ambient.counter ?? run]
      if (!(like instanceof Tensor)) checkShape('rng', like)
      const shape = like instanceof Tensor ? like.shape : like
      return like instanceof Tensor && !isKnown(shape)
        ? apply(bitsLikeOp, [like, ...inputs], attrs)
        : apply(bitsOp, [iota(shape), ...inputs], attrs)
    }
    return {
      bits,
      unit(shape, dtype = 'float32') {
        checkDType('rng', dtype)
        if (!isFloat(dtype) || dtype === 'float16')
          throw new DTypeError(`rng: float32 or float64 required, got ${dtype}; cast the result`)
        return cast(apply(unitOp, dtype === 'float64' ? [bits(shape), bits(shape)] : [bits(shape)]), dtype)
      },
    }
  }
}
