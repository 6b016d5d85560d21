import { isFloat, rangeOf } from '../dtype.ts'
import { defineOp, type Op } from '../graph/op.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { mul } from './arithmetic.ts'
import { settings } from '../settings.ts'
import { asFloats, asNumbers } from './cast.ts'
import { equal, greaterEqual, less, lessEqual } from './compare.ts'
import { binary, type Binary } from './elementwise.ts'
import { logicalAnd } from './logical.ts'
import { where } from './where.ts'

/** The cotangent of a, where b takes it when a < b, half of it when they tie, and neither loses it beside NaN. */
const share = (a: Tensor, b: Tensor, g: Tensor): Tensor => where(equal(a, b), mul(g, 0.5), where(less(a, b), 0, g))
/** The larger of a and b; NaN if either is. Ties share the gradient evenly. */
export const maximum: Binary = binary(
  'maximum',
  (a, b) => a.max(b),
  (g, a, b) => [share(a, b, g), share(b, a, g)],
)
/** The smaller of a and b; NaN if either is. Ties share the gradient evenly. */
export const minimum: Binary = binary(
  'minimum',
  (a, b) => a.min(b),
  (g, a, b) => [share(b, a, g), share(a, b, g)],
)

interface ClipAttrs {
  readonly min: number | null
  readonly max: number | null
}
const clipOp: Op<ClipAttrs> = defineOp<ClipAttrs>({
  name: 'clip',
  expr: ([x], { min, max }) => {
    const y = min === null ? x : x.max(min)
    return max === null ? y : y.min(max)
  },
  vjp: ({ inputs: [x], cotangents: [g], attrs: { min, max } }) => [
    where(logicalAnd(min === null || greaterEqual(x, min), max === null || lessEqual(x, max)), g, 0),
  ],
})

/** Bounds of `clip`: numbers, or tensors that broadcast with x. */
export interface ClipOptions {
  readonly min?: TensorLike | null
  readonly max?: TensorLike | null
}
const fixed = (bound: TensorLike | null): bound is number | null => bound === null || typeof bound === 'number'

function kept(x: TensorLike, bound: TensorLike, within: Binary, meet: Binary): Tensor {
  const [t, limit] = [asTensor(x), asTensor(bound)]
  return where(within(t, limit), t, meet(t, limit))
}

/** x kept within [min, max], either of which may be absent; max where min > max. Integers stay integers, unless a bound
 * is a fraction or NaN; bounds beyond their range are its ends. The gradient is that of x from bound to bound, both
 * included; outside it is 0, or that of a bound that is a tensor. @throws NameError, SettingError for settings
 * @example clip(x, { min: 0, max: 6 }) */
export function clip(x: TensorLike, options: ClipOptions): Tensor {
  const { min, max } = settings<Required<ClipOptions>>('clip', options, { min: null, max: null })
  if (!fixed(min))
    return max === null ? kept(x, min, greaterEqual, maximum) : clip(kept(x, min, greaterEqual, maximum), { max })
  if (!fixed(max)) return kept(min === null ? x : clip(x, { min }), max, lessEqual, minimum)
  const t = asNumbers(x)
  const isFraction = [min, max].some((v) => v !== null && Math.trunc(v) !== v)
  const y = isFraction ? asFloats(t) : t
  const [least, most] = isFloat(y.dtype) ? [-Infinity, Infinity] : rangeOf(y.dtype)
  const held = (v: number | null): number | null => v && Math.min(most, Math.max(least, v))
  return apply(clipOp, [y], { min: held(min), max: held(max) })
}
