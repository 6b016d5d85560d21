import {
  add,
  all,
  cast,
  div,
  full,
  greaterEqual,
  isFinite,
  logicalAnd,
  logicalNot,
  maximum,
  mul,
  tensor,
  where,
  type Tensor,
} from '@gradloom/core'
import { gateState, gateUpdates } from '../gate.ts'
import { optimizer, type Optimizer } from '../optimizer.ts'
import { checked, settings } from '../settings.ts'
import { mapTensors, tensorsOf, type TensorTree } from '../tensors.ts'
import { counter, type Transformation } from '../transformation.ts'

export interface LossScaleOptions {
  /** From 2^-14 to 1.7e38. */
  readonly initial?: number
  /** What the scale is multiplied with after `interval` finite steps in a row, and after a step that is not. */
  readonly growth?: number
  readonly backoff?: number
  readonly interval?: number
}

/** The smallest normal float16: losses of every float dtype can be multiplied with it, and gradients divided by it. */
const LEAST = 2 ** -14
const INITIAL = `a number in [${LEAST}, 1.7e38]`

type LossScale = readonly [TensorTree, { readonly lossScale: { readonly scale: Tensor; readonly streak: Tensor } }]

/** Multiplies the loss, so that gradients computed in float16 do not vanish, and divides them again before `inner`. A
 * step with a gradient that is infinite or NaN changes nothing but the scale, which stays between 2^-14 and the largest
 * float32. Reports `lossScale`.
 * @throws NameError, SettingError for settings @see https://arxiv.org/abs/1710.03740 */
export function scaleLoss(inner: Transformation, options?: LossScaleOptions): Optimizer<LossScale> {
  checked('scaleLoss', { inner })
  const { initial, growth, backoff, interval } = settings<Required<LossScaleOptions>>(
    'scaleLoss',
    { initial: 2 ** 15, growth: 2, backoff: 0.5, interval: 2000 },
    options,
    { initial: INITIAL },
  )
  return optimizer<LossScale>({
    init: (params) => [
      inner.init(params, counter()),
      { lossScale: { scale: tensor(initial), streak: full([], 0, { dtype: 'int32' }) } },
    ],
    prepare(loss, [within, { lossScale }]) {
      const prepared = inner.prepare?.(loss, within) ?? loss
      return mul(prepared, cast(lossScale.scale, prepared.dtype))
    },
    update(gradients, [within, { lossScale }], context) {
      const { scale, streak } = lossScale
      const unscaled = mapTensors((g) => div(g, scale), gradients)
      const finite = tensorsOf(unscaled)
        .map((g) => all(isFinite(g)))
        .reduce((a, b) => logicalAnd(a, b))
      const length = add(streak, 1)
      const isDue = greaterEqual(length, interval)
      const larger = mul(scale, growth)
      const grown = where(logicalAnd(isDue, isFinite(larger)), larger, scale)
      const smaller = maximum(mul(scale, backoff), LEAST)
      const done = inner.update(unscaled, within, context)
      return {
        updates: gateUpdates(finite, done.updates),
        state: [
          gateState(finite, within, done.state),
          {
            lossScale: {
              scale: where(finite, grown, smaller),
              streak: where(logicalAnd(finite, logicalNot(isDue)), length, 0),
            },
          },
        ],
        reports: { ...done.reports, lossScale: scale },
      }
    },
  })
}
