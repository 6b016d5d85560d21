import { NameError, SettingError } from './errors.ts'

/** In words, what the value of a setting should be and is not; undefined where it may be so. */
export type Check = (value: unknown, standard: unknown, name: string) => string | undefined

/** Such as Number, Array, Null. */
const kindOf = (value: unknown): string => ({}).toString.call(value).slice(8, -1)

/** The check by a default's type; null and undefined tell nothing. */
const ofType: Check = (value, standard) =>
  standard == null || kindOf(value) === kindOf(standard) ? undefined : `type ${kindOf(standard)}`

/** `defaults`, whose names are all that is known, overridden by what is `given`; undefined stands for absent.
 * @throws NameError for another name; SettingError for what is no object, and for a value that `check` refuses
 * @example const { axis, keepDims } = settings('sum', options, { axis: null, keepDims: false }) */
export function settings<T extends object>(
  owner: string,
  given: unknown,
  defaults: { readonly [K in keyof T]: T[K] | null | undefined },
  check: Check = ofType,
): T {
  const own = (given ?? {}) as Partial<T>
  const values = { ...defaults } as T
  const refuse = (wanted: string, got: unknown): never => {
    const shown = Object(got) === got ? kindOf(got) : String(got).slice(0, 80)
    throw new SettingError(`${owner}: ${wanted}, got ${shown}`)
  }
  if (given === null || kindOf(own) !== 'Object') refuse('an object of settings required', given)
  for (const name in own) {
    if (!Object.hasOwn(defaults, name))
      throw new NameError(`${owner}: no setting ${name.slice(0, 80)}; there are ${Object.keys(defaults).join(', ')}`)
    if (own[name] !== undefined) values[name] = own[name]
  }
  for (const name in values) {
    const wanted = check(values[name], defaults[name], name)
    if (wanted) refuse(`${wanted} required as ${name}`, values[name])
  }
  return values
}
