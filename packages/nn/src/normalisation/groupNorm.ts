import {
  apply,
  asTensor,
  cast,
  defineOp,
  reshape,
  ShapeError,
  show,
  toFloat,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { affine, type AffineOptions } from './affine.ts'
import { standardise } from './standardise.ts'

interface Attrs {
  readonly groups: number
  readonly eps: number
}

const groupNormOp: Op<Attrs> = defineOp<Attrs>({
  name: 'groupNorm',
  infer: ([x], { groups }) => {
    if (x.shape.length < 2 || (x.shape[1] !== -1 && x.shape[1] % groups))
      throw new ShapeError(
        `groupNorm: channels on axis 1, divisible by ${groups} groups, required, got ${show(x.shape)}`,
      )
    return x
  },
  decompose: ([x], { groups, eps }) => {
    const [n, c, ...rest] = x.shape
    const grouped = reshape(x, [n, groups, c / groups, ...rest])
    return reshape(standardise(grouped, grouped.shape.map((_, i) => i).slice(2), eps), x.shape)
  },
})

/** Standardises each group of channels of each example, `[N, C, ...]`, then scales and shifts by channel.
 * @see https://arxiv.org/abs/1803.08494 @throws ShapeError where `groups` does not divide the channels */
export function groupNorm(
  x: TensorLike,
  { groups, eps = 1e-5, ...rest }: AffineOptions & { readonly groups: number; readonly eps?: number },
): Tensor {
  const t = asTensor(x)
  return affine('groupNorm', apply(groupNormOp, [cast(t, toFloat(t.dtype))], { groups, eps }), [1], rest)
}

/** Standardises each channel of each example over its sizes, `[N, C, ...]`. @see https://arxiv.org/abs/1607.08022
 * @throws ShapeError below rank 3 */
export function instanceNorm(
  x: TensorLike,
  { eps = 1e-5, ...rest }: AffineOptions & { readonly eps?: number } = {},
): Tensor {
  const t = asTensor(x)
  if (t.rank < 3)
    throw new ShapeError(`instanceNorm: rank 3 or more required, [batch, channels, ...sizes], got ${show(t.shape)}`)
  return affine(
    'instanceNorm',
    standardise(cast(t, toFloat(t.dtype)), t.shape.map((_, i) => i).slice(2), eps),
    [1],
    rest,
  )
}
