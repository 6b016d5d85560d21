import { budget, everyN, revolve, saveContractions, sqrt } from '@gradloom/checkpoint'
import type { Policy } from '@gradloom/core'

/** Policies by name, with the number after the colon. */
const policies: { readonly [name: string]: (n: number) => Policy | undefined } = {
  none: () => undefined,
  budget,
  everyN,
  revolve,
  sqrt,
  saveContractions,
}

/** The policy of a flag such as `budget:64000000` or `sqrt`. @throws RangeError for an unknown name */
export function policyOf(flag: string): Policy | undefined {
  const [name, number] = flag.split(':')
  if (!Object.hasOwn(policies, name))
    throw new RangeError(`--policy: one of ${Object.keys(policies).join(', ')} required, got '${name}'`)
  return policies[name](Number(number))
}
