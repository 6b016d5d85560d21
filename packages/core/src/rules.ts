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

/** Whether `value` is what one of the alternatives of `rule` says: `'a' or 'b'`, `a number in [0, 1)`, `a whole number
 * in [1, 5]`, `a function`, `an object with init, update` for one with these methods. */
export function fits(rule: string, value: unknown): boolean {
  return rule.split(/(?:,| or) (?=an? |')/).some((alternative) => {
    const [, low, from, to, high] = /([[(])(\S+), (\S+)([\])])/.exec(alternative) ?? []
    if (low) {
      const x = alternative.includes('whole') && !Number.isInteger(value) ? NaN : value
      if (typeof x !== 'number') return false
      return (low === '[' ? x >= Number(from) : x > Number(from)) && (high === ']' ? x <= Number(to) : x < Number(to))
    }
    if (alternative.startsWith("'")) return typeof value === 'string' && alternative === `'${value}'`
    const [type, methods = ''] = alternative.split(' with ')
    const isMethod = (name: string): boolean => typeof (value as never)[name] === 'function'
    return value !== null && type.endsWith(` ${typeof value}`) && (methods.match(/\w+/g) ?? []).every(isMethod)
  })
}

/** The check by the rule of a setting's name, or else that of its default's type (`number`, `string` ...), or else by
 * that type. Null may stay where it is the default. */
export const checkBy =
  (rules: Rules): Check =>
  (value, standard, name) => {
    if (value === null && standard === null) return undefined
    const type = typeof standard
    const rule = rules[name] ?? (standard == null ? undefined : (rules[type] ?? `a ${type}`))
    return rule === undefined || fits(rule, value) ? undefined : rule
  }
