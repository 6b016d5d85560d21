import { apply, defineOp, reshape, ShapeError, show, type Op, type Tensor, type TensorLike } from '@gradloom/core'
import { asFloats } from '../asFloats.ts'
import { REQUIRED, settings } from '../settings.ts'
import { requireRank } from '../shapes.ts'
import { affine, affineDefaults, type AffineOptions } from './affine.ts'
import { standardise } from './standardise.ts'

interface Attrs {
  readonly groups: number
  readonly eps: number
}

const groupNormOp: Op<Attrs> = defineOp<Attrs>({
  name: 'groupNorm',
  infer: ([x], { groups }) => {
    requireRank('groupNorm', 2, x)
    if (x.shape[1] !== -1 && x.shape[1] % groups)
      throw new ShapeError(`groupNorm: channels on axis 1 divisible by ${groups} groups required, got ${show(x.shape)}`)
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
  options: AffineOptions & { readonly groups: number; readonly eps?: number },
): Tensor {
  const { groups, eps, ...rest } = settings('groupNorm', options, { ...affineDefaults, groups: REQUIRED, eps: 1e-5 })
  const [t] = asFloats(x)
  return affine('groupNorm', apply(groupNormOp, [t], { groups, eps }), [1], rest)
}

/** Standardises each channel of each example over its sizes, `[N, C, ...]`. @see https://arxiv.org/abs/1607.08022
 * @throws ShapeError below rank 3 */
export function instanceNorm(x: TensorLike, options?: AffineOptions & { readonly eps?: number }): Tensor {
  const { eps, ...rest } = settings('instanceNorm', options, { ...affineDefaults, eps: 1e-5 })
  const [t] = asFloats(x)
  requireRank('instanceNorm', 3, t)
  return affine('instanceNorm', standardise(t, t.shape.map((_, i) => i).slice(2), eps), [1], rest)
}
