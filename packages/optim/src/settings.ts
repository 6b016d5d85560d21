import { isFloat, NameError, Tensor } from '@gradloom/core'

/** A setting or argument that a function cannot take. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
  readonly code = 'SETTING'
}

const NUMBER = 'a number in [0, Infinity)'
const RATE = `${NUMBER}, a float scalar or a schedule`

/** What settings must be, one rule for a name wherever it is taken. The words are the check, see `fits`. Settings that
 * are not listed are of the type of their default, and not negative. Up to 2^24, float32 counts by ones. */
const RULES = `${RATE}: learningRate
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
an object: groups params gradients state loss`
  .split('\n')
  .map((line) => line.split(': '))

/** Whether `value` is what the words of `rule` say: in an interval, one of quoted words, of a type, with methods. */
function fits(rule: string, value: unknown): boolean {
  if (rule === RATE && typeof value === 'object')
    return value instanceof Tensor
      ? value.rank === 0 && isFloat(value.dtype)
      : fits('an object with at, valueAt', value)
  const [, low, from, to, high] = /([[(])(\S+), (\S+)([\])])/.exec(rule) ?? []
  if (low) {
    const x = rule.includes('whole') && !Number.isInteger(value) ? NaN : value
    if (typeof x !== 'number') return false
    return (low === '[' ? x >= Number(from) : x > Number(from)) && (high === ']' ? x <= Number(to) : x < Number(to))
  }
  if (rule.startsWith("'")) return typeof value === 'string' && rule.includes(`'${value}'`)
  const [type, methods = ''] = rule.split(' with ')
  const isMethod = (name: string): boolean => typeof (value as never)[name] === 'function'
  return value !== null && type.endsWith(typeof value) && (methods.match(/\w+/g) ?? []).every(isMethod)
}

/** `defaults`, overridden by what is `given`; rules of its own go before those that all share. Null is a default for
 * what may be left out.
 * @throws NameError for a setting without default, SettingError for a value that breaks its rule */
export function settings<T extends object>(
  owner: string,
  defaults: { readonly [K in keyof T]: T[K] | null | undefined },
  given: unknown = {},
  rules: { readonly [name: string]: string } = {},
): T {
  const require = (rule: string, value: unknown, name: string): void => {
    if (fits(rule, value)) return
    const got = typeof value === 'number' ? value : typeof value
    throw new SettingError(`${owner}: ${rule} required as ${name}, got ${got}`)
  }
  require('an object', given, 'settings')
  const known = Object.keys(defaults)
  const unknown = Object.keys(given as object).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new NameError(`${owner}: no setting ${unknown}; there are ${known.join(', ')}`)
  return Object.fromEntries(
    Object.entries({ ...defaults, ...(given as object) }).map(([name, chosen]) => {
      const standard: unknown = defaults[name as keyof T]
      const value: unknown = chosen === undefined ? standard : chosen
      const ofType = typeof standard === 'boolean' || typeof standard === 'string' ? `a ${typeof standard}` : NUMBER
      const shared = RULES.find(([, names]) => names.split(' ').includes(name))?.[0]
      if (value !== null || standard !== null) require(rules[name] ?? shared ?? ofType, value, name)
      return [name, value]
    }),
  ) as T
}

/** Arguments, as settings that must be given. @throws SettingError */
export const checked = (owner: string, values: object): void => {
  settings(owner, Object.fromEntries(Object.keys(values).map((name) => [name, undefined])), values)
}
