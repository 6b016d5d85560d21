import { NameError, SettingError } from './errors.ts'

/** In words, what the value of a setting should be and is not; undefined where it may be so. */
export type Check = (value: unknown, standard: unknown, name: string) => string | undefined

/** Such as number, array, null. */
const kindOf = (value: unknown): string => ({}).toString.call(value).slice(8, -1).toLowerCase()

/** A value for a message: what it is where it is an object, which text cannot be made of at will. */
export const shown = (value: unknown): string => (Object(value) === value ? kindOf(value) : String(value))

/** The check by a default's type; null and undefined tell nothing. */
const ofType: Check = (value, standard) =>
  standard == null || kindOf(value) === kindOf(standard) ? undefined : kindOf(standard)

/** `defaults`, whose names are all that is known, overridden by what is `given`; undefined stands for absent.
 * @throws NameError for another name; SettingError for what is no object, and for a value that `check` refuses
 * @example const { axis, keepDims } = settings('sum', options, { axis: null, keepDims: false }) */
export function settings<T extends object>(
  owner: string,
  given: unknown = {},
  defaults: { readonly [K in keyof T]: T[K] | null | undefined },
  check: Check = ofType,
): T {
  const refuse = (wanted: string, name: string, got: unknown): never => {
    throw new SettingError(`${owner}: ${wanted} required as ${name}, got ${shown(got)}`)
  }
  if (kindOf(given) !== 'object') refuse('object', 'settings', given)
  const values = { ...defaults, ...(given as T) }
  const known = Object.keys(defaults)
  for (const name in values)
    if (!known.includes(name)) throw new NameError(`${owner}: no setting ${name}; there are ${known.join(', ')}`)
  for (const name in values) {
    if (values[name] === undefined) values[name] = defaults[name] as never
    const wanted = check(values[name], defaults[name], name)
    if (wanted) refuse(wanted, name, values[name])
  }
  return values
}
