import { checkBy, rulesOf, settings as settingsBy, type Rules } from '@gradloom/core/extend'

/** What settings must be, one rule for a name wherever it is taken. */
const RULES =
  /* @__PURE__ */ rulesOf(`a whole number in [1, Infinity): channels features groups heads hidden outputs rows
a number in [0, 1]: dropoutRate labelSmoothing momentum rate
a number in [0, Infinity): eps std
a number in (0, Infinity]: delta
a number in [1, Infinity]: p
a number in [-Infinity, Infinity]: number
'none', 'mean' or 'sum': reduction
'none' or 'tanh': approximate`)

/** Stands for a number that has no default. */
export const REQUIRED: number = undefined as never

/** Settings together with what a layer takes beside them; what is no object stays, to be refused. */
export const joined = <O extends object, P extends object>(options: O | undefined, others: P): O & P =>
  options === undefined || Object(options) === options ? { ...(options as O), ...others } : (options as never)

/** The settings of an op, those that are absent filled in; where the default is undefined, the user of a setting looks
 * at it. `rules` of its own go before those that all share.
 * @throws NameError for an unknown setting, SettingError for what breaks its rule */
export function settings<O extends object, D extends { readonly [K in keyof O]-?: unknown }>(
  op: string,
  given: O | undefined,
  defaults: D,
  rules: Rules = {},
): { readonly [K in keyof D]: NonNullable<O[K & keyof O]> | (undefined extends D[K] ? undefined : never) } {
  return settingsBy<O>(op, given, defaults as never, checkBy(RULES, rules)) as never
}
