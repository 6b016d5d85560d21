import { getOrInsert } from './map.ts'
import type { Check } from './settings.ts'

/** What settings must be, in words, by name. */
export type Rules = { readonly [name: string]: string | undefined }

/** Reads lines of `rule: name name ...`. */
export const rulesOf = (text: string): Rules =>
  Object.fromEntries(
    text.split('\n').flatMap((line) => {
      const [rule, names] = line.split(': ')
      return names.split(' ').map((name) => [name, rule] as const)
    }),
  )

/** Whether a value is what one of the alternatives of a rule says. */
type Test = (value: unknown) => boolean
const tests = new Map<string, readonly Test[]>()

/** Whether `value` is what one of the alternatives of `rule` says: `'a' or 'b'`, `a number in [0, 1)`, `a whole number
 * in [1, 5]`, `a function`, `an object with init, update` for one with these methods. */
export const fits = (rule: string, value: unknown): boolean =>
  getOrInsert(tests, rule, () => rule.split(/(?:,| or) (?=an? |')/).map(testOf)).some((test) => test(value))

function testOf(alternative: string): Test {
  const [, low, from, to, high] = /([[(])(\S+), (\S+)([\])])/.exec(alternative) ?? []
  if (low) {
    const [least, most] = [Number(from), Number(to)]
    const isWhole = alternative.includes('whole')
    return (x) =>
      typeof x === 'number' &&
      (!isWhole || Number.isInteger(x)) &&
      (low === '[' ? x >= least : x > least) &&
      (high === ']' ? x <= most : x < most)
  }
  if (alternative.startsWith("'")) return (value) => typeof value === 'string' && alternative === `'${value}'`
  const [type, methods = ''] = alternative.split(' with ')
  const names = methods.match(/\w+/g) ?? []
  return (value) =>
    value !== null &&
    type.endsWith(` ${typeof value}`) &&
    names.every((name) => typeof (value as never)[name] === 'function')
}

/** The check by the rule of a setting's name, or else that of its default's type (`number`, `string` ...), or else by
 * that type. Null may stay where it is the default. What `own` has a rule for, `rules` does not say. */
export const checkBy = (rules: Rules, own: Rules = {}): Check => {
  const ruleOf = (name: string): string | undefined => (name in own ? own : rules)[name]
  return (value, standard, name) => {
    if (value === null && standard === null) return undefined
    const type = typeof standard
    const rule = ruleOf(name) ?? (standard == null ? undefined : (ruleOf(type) ?? `a ${type}`))
    return rule === undefined || fits(rule, value) ? undefined : rule
  }
}
