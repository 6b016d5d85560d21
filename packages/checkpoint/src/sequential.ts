import { SettingError } from '@gradloom/core'
import { checkCount, checkFunction } from './check.ts'
import { checkpoint } from './checkpoint.ts'

/**
 * What functions make of x one after another, in segments of about as many each: of all but the last, only what crosses
 * their borders is kept for the backward pass. The last one's values are read at once, so they are kept. As PyTorch's
 * `checkpoint_sequential`.
 * @throws SettingError for a number of segments below 1 or above that of functions
 * @example const y = checkpointSequential([f1, f2, f3, f4], 2, x)
 */
export function checkpointSequential<T>(fns: readonly ((x: T) => T)[], segments: number, x: T): T {
  if (!Array.isArray(fns) || !fns.length)
    throw new SettingError('checkpointSequential: a list of functions required, one at least')
  for (const fn of fns as readonly unknown[]) checkFunction('checkpointSequential', fn)
  checkCount('checkpointSequential', 'segments', segments)
  if (segments > fns.length)
    throw new SettingError(
      `checkpointSequential: ${fns.length} segments at most for as many functions, got ${segments}`,
    )
  const starts = Array.from({ length: segments + 1 }, (_, i) => Math.floor((i * fns.length) / segments))
  let value = x
  for (let i = 0; i < segments; i++) {
    const own = fns.slice(starts[i], starts[i + 1])
    const run = (start: T): T => own.reduce((y, fn) => fn(y), start)
    value = i < segments - 1 ? checkpoint(run)(value) : run(value)
  }
  return value
}
