import { add, equal, full, mul, where, zerosLike } from '@gradloom/core'
import { gate, gateUpdates } from '../gate.ts'
import { optimizer, type Optimizer } from '../optimizer.ts'
import { requirePlain, type Transformation } from '../transformation.ts'

/** Steps of `inner` on the mean gradient of each `count` calls; the calls between change no parameter and no state of
 * `inner`. With losses that are means, `count` micro-batches give the step of one batch of their size.
 * @throws RangeError where count is no positive integer; TypeError for scaleLoss within @example accumulate(4, adam())
 * */
export function accumulate(count: number, inner: Transformation): Optimizer {
  if (!Number.isInteger(count) || count < 1)
    throw new RangeError(`accumulate: a positive integer required, got ${count}`)
  requirePlain('accumulate', inner)
  return optimizer({
    update(gradients, context) {
      const calls = context.state('accumulate/calls', full([], 0, { dtype: 'int32' }))
      const call = add(calls.value, 1)
      const last = equal(call, count)
      calls.set(where(last, 0, call))
      const means = gradients.map((g, i) => {
        const kept = context.state(`accumulate/${context.names[i]}`, zerosLike(g))
        const mean = add(kept.value, mul(g, 1 / count))
        kept.set(where(last, 0, mean))
        return mean
      })
      return gateUpdates(inner.update(means, gate(context, last)), last)
    },
  })
}
