import { add, div, greaterEqual, where, type Tensor } from '@gradloom/core'
import { gateState, gateUpdates } from '../gate.ts'
import { optimizer, type Optimizer } from '../optimizer.ts'
import { checked } from '../settings.ts'
import { mapTensors, zerosIn, type TensorTree } from '../tensors.ts'
import { counter, requirePlain, type Transformation } from '../transformation.ts'

type Accumulated = readonly [{ readonly accumulate: readonly [{ readonly calls: Tensor }, TensorTree] }, TensorTree]

/** Steps of `inner` on the mean gradient of each `count` calls; the calls between change no parameter and no state of
 * `inner`. With losses that are means, `count` micro-batches give the step of one batch of their size.
 * @throws SettingError where count is no positive integer, and for scaleLoss within
 * @example accumulate(4, adam()) */
export function accumulate(count: number, inner: Transformation): Optimizer<Accumulated> {
  checked('accumulate', { count, inner })
  requirePlain('accumulate', inner)
  return optimizer<Accumulated>({
    init: (params) => [{ accumulate: [{ calls: counter() }, zerosIn(params)] }, inner.init(params, counter())],
    update(gradients, [{ accumulate: kept }, within], context) {
      const [{ calls }, sums] = kept
      const call = add(calls, 1)
      const last = greaterEqual(call, count)
      const total = mapTensors(add, sums, gradients)
      const means = mapTensors((sum) => div(sum, count), total)
      const done = inner.update(means, within, context)
      const left = mapTensors((sum) => where(last, 0, sum), total)
      return {
        updates: gateUpdates(last, done.updates),
        state: [{ accumulate: [{ calls: where(last, 0, call) }, left] }, gateState(last, within, done.state)],
        reports: done.reports,
      }
    },
  })
}
