import { NameError, SettingError } from './errors.ts'

/** In words, what the value of a setting should be and is not; undefined where it may be so. */
export type Check = (value: unknown, standard: unknown, name: string) => string | undefined

/** Such as number, array, null. */
const kindOf = (value: unknown): string => ({}).toString.call(value).slice(8, -1).toLowerCase()

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
  const refuse = (wanted: string, got: unknown): never => {
    throw new SettingError(`${owner}: ${wanted}, got ${Object(got) === got ? kindOf(got) : String(got)}`)
  }
  if (kindOf(given) !== 'object') refuse('settings required', given)
  const values = { ...defaults, ...(given as T) }
  for (const name in values) {
    if (!Object.hasOwn(defaults, name))
      throw new NameError(`${owner}: no setting ${name}; there are ${Object.keys(defaults).join(', ')}`)
    if (values[name] === undefined) values[name] = defaults[name] as never
    const wanted = check(values[name], defaults[name], name)
    if (wanted) refuse(`${wanted} required as ${name}`, values[name])
  }
  return values
}
