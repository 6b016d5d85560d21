import { SettingError } from '@gradloom/core'
import { checkBy, settings, type Rules } from '@gradloom/core/extend'
import { MOST_THREADS, type CpuOptions } from './options.ts'

const rules: Rules = {
  threads: `a whole number in [1, ${MOST_THREADS}] or 'auto'`,
  placement: "'inline' or 'worker'",
  // A page of memory is the least that there is.
  memoryLimit: 'a number in [65536, Infinity]',
  worker: 'a function',
}
const check = /* @__PURE__ */ checkBy(rules)

/** The options, with those that have one default for all filled in. @throws NameError for those that are unknown,
 * SettingError for those that are not what they must be */
export function checkedOptions(given: CpuOptions): CpuOptions & Required<Pick<CpuOptions, 'threads'>> {
  const options = settings<CpuOptions & Required<Pick<CpuOptions, 'threads'>>>(
    'cpu',
    given,
    { threads: 'auto', placement: undefined, memoryLimit: undefined, worker: undefined },
    (value, standard, name) => (value === undefined ? undefined : check(value, standard, name)),
  )
  if (options.placement === 'inline' && options.worker)
    throw new SettingError("cpu: placement 'worker' required with a worker, got 'inline'; leave one of them out")
  return options
}
