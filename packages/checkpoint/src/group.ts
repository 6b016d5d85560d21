import { SettingError, Tensor } from '@gradloom/core'
import { checkFunction, checkTensor } from './check.ts'
import { always, markedCall, markedTensor } from './segment.ts'

/** Computations whose results are computed again together. */
export interface CheckpointGroup {
  /**
   * What `fn` makes of `inputs`: a tensor, or tensors in a list or record. The results, and all on the way to them, are
   * computed again in the backward pass, once for all that read them.
   * @throws SettingError for inputs that are no list of tensors, or where `fn` returns no tensor
   * @example const [a, b] = group.checkpointFn([x, w], ([x, w]) => [matmul(x, w), square(x)])
   */
  checkpointFn<const I extends readonly Tensor[], R>(inputs: I, fn: (inputs: I) => R): R
}

/** @example const group = createCheckpointGroup() */
export function createCheckpointGroup(): CheckpointGroup {
  const mark = { policy: always }
  return {
    checkpointFn(inputs, fn) {
      if (!Array.isArray(inputs)) throw new SettingError('checkpointFn: a list of tensors required as inputs')
      for (const t of inputs) checkTensor('checkpointFn', t)
      checkFunction('checkpointFn', fn)
      const result = markedCall('checkpointFn', mark, () => fn(inputs))
      return withTensors(result, (t) => markedTensor(mark, t)) as typeof result
    },
  }
}

/** A structure with other tensors; the rest of it stays. */
function withTensors(value: unknown, change: (t: Tensor) => Tensor): unknown {
  if (value instanceof Tensor) return change(value)
  if (Array.isArray(value)) return value.map((x) => withTensors(x, change))
  const isRecord = typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  if (!isRecord) return value
  return Object.fromEntries(Object.entries(value).map(([name, x]) => [name, withTensors(x, change)]))
}
