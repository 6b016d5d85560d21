import { add, all, cast, div, equal, full, isFinite, logicalAnd, mul, tensor, where } from '@gradloom/core'
import { gate, gateUpdates } from '../gate.ts'
import { optimizer, type Optimizer } from '../optimizer.ts'
import type { Context, State, Transformation } from '../transformation.ts'

export interface LossScaleOptions {
  readonly initial?: number
  /** What the scale is multiplied with after `interval` finite steps in a row, and after a step that is not. */
  readonly growth?: number
  readonly backoff?: number
  readonly interval?: number
}

/** Multiplies the loss, so that gradients computed in float16 do not vanish, and divides them again before `inner`. A
 * step with a gradient that is infinite or NaN changes nothing but the scale. Reports `lossScale`.
 * @see https://arxiv.org/abs/1710.03740 */
export function scaleLoss(
  inner: Transformation,
  { initial = 2 ** 15, growth = 2, backoff = 0.5, interval = 2000 }: LossScaleOptions = {},
): Optimizer {
  const key = {}
  // Both halves of a step share the state.
  const stateOf = (context: Context): { scale: State; streak: State } =>
    context.once(key, () => ({
      scale: context.state('lossScale/scale', tensor(initial)),
      streak: context.state('lossScale/streak', full([], 0, { dtype: 'int32' })),
    }))
  return optimizer({
    prepare(loss, context) {
      const prepared = inner.prepare?.(loss, context) ?? loss
      return mul(prepared, cast(stateOf(context).scale.value, prepared.dtype))
    },
    update(gradients, context) {
      const { scale, streak } = stateOf(context)
      const finite = gradients.map((g) => all(isFinite(g))).reduce((a, b) => logicalAnd(a, b))
      const length = add(streak.value, 1)
      const grows = equal(length, interval)
      streak.set(where(logicalAnd(finite, equal(grows, false)), length, 0))
      scale.set(mul(scale.value, where(finite, where(grows, growth, 1), backoff)))
      context.report('lossScale', scale.value)
      return gateUpdates(
        inner.update(
          gradients.map((g) => div(g, cast(scale.value, g.dtype))),
          gate(context, finite),
        ),
        finite,
      )
    },
  })
}
