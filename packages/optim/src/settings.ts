import { isFloat, Tensor } from '@gradloom/core'
import { checkBy, rulesOf, settings as settingsBy, type Rules } from '@gradloom/core/extend'

const RATE = 'a number in [0, Infinity), a float scalar or an object with at, valueAt'

/** What settings must be, one rule for a name wherever it is taken; other numbers are not negative. Up to 2^24, float32
 * counts by ones. */
const RULES = /* @__PURE__ */ rulesOf(`${RATE}: learningRate
a number in [0, Infinity): number factor weightDecay
a number in [0, 1): beta1 beta2 rho decay
a number in [0, 1]: warmup
a number in (0, 1): decrease curvature backoff
a number in [1, Infinity): growth
a number in [0, Infinity]: max
a number in (0, Infinity): steps every startFactor endFactor
a number in (-Infinity, Infinity): dampening value from to end peak
a whole number in [1, 16777216]: count interval trials
a whole number in [0, 16777216]: patience cooldown
a whole number in [1, 1000]: history
a whole number in [1, 2147483647]: period
'rel' or 'abs': thresholdMode
a function: formula select groupOf
an object with init, update: inner
an object with at, valueAt: schedule
an object: groups params gradients state loss`)

const isFloatScalar = (value: unknown): boolean => value instanceof Tensor && value.rank === 0 && isFloat(value.dtype)

/** `defaults`, overridden by what is `given`; rules of its own go before those that all share. Null is a default for
 * what may be left out, undefined one for what may not.
 * @throws NameError for a setting without default, SettingError for a value that breaks its rule */
export function settings<T extends object>(
  owner: string,
  defaults: { readonly [K in keyof T]: T[K] | null | undefined },
  given: unknown,
  rules: Rules = {},
): T {
  const check = checkBy(RULES, rules)
  return settingsBy<T>(owner, given, defaults, (value, standard, name) => {
    const rule = check(value, standard, name)
    return rule === RATE && isFloatScalar(value) ? undefined : rule
  })
}

/** Arguments, as settings that must be given. @throws SettingError */
export const checked = (owner: string, values: object): void => {
  settings(owner, Object.fromEntries(Object.keys(values).map((name) => [name, undefined])), values)
}
