import { NameError, SettingError } from './errors.ts'

/** In words, what the value of a setting should be and is not; undefined where it may be so. */
export type Check = (value: unknown, standard: unknown, name: string) => string | undefined

/** Such as number, array, null. */
const kindOf = (value: unknown): string => ({}).toString.call(value).slice(8, -1).toLowerCase()

/** A value for a message: what it is where it is an object, which text cannot be made of at will. */
export const shown = (value: unknown): string => (Object(value) === value ? kindOf(value) : String(value))

/** @throws SettingError where what `owner` was given is not what it requires, in words */
export function demand(isRight: unknown, owner: string, wanted: string, got: unknown, name = ''): asserts isRight {
  if (!isRight) throw new SettingError(`${owner}: ${wanted} required${name && ` as ${name}`}, got ${shown(got)}`)
}

/** @throws SettingError for what is no list */
export const demandList = (owner: string, got: unknown): void => demand(Array.isArray(got), owner, 'a list', got)
/** @throws SettingError for what is no function */
export const demandFunction = (owner: string, got: unknown, name?: string): void =>
  demand(typeof got === 'function', owner, 'a function', got, name)

/** What a function gave. @throws SettingError for a promise: what is built once its function has returned lies
 * outside */
export function present<T>(owner: string, got: T): T {
  const waits = typeof Object(got).then === 'function'
  // What it fails with later is nobody's.
  if (waits) Promise.resolve(got).catch(() => undefined)
  demand(!waits, owner, 'a function that does not wait', got)
  return got
}

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
  const known = Object.keys(defaults)
  demand(kindOf(given) === 'object', owner, `an object of ${known.join(', ')}`, given, 'settings')
  const values = { ...defaults, ...(given as T) }
  for (const name in values)
    if (!known.includes(name)) throw new NameError(`${owner}: no setting ${name}; there are ${known.join(', ')}`)
  for (const name in values) {
    if (values[name] === undefined) values[name] = defaults[name] as never
    const wanted = check(values[name], defaults[name], name)
    demand(!wanted, owner, wanted!, values[name], name)
  }
  return values
}
