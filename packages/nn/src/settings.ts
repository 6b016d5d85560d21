import { DTypeError, NameError, ShapeError } from '@gradloom/core'

type Rule = readonly [what: string, holds: (value: number) => boolean]
const any: Rule = ['a number', (v) => !Number.isNaN(v)]
const share: Rule = ['in [0, 1]', (v) => v >= 0 && v <= 1]
const atLeast0: Rule = ['at least 0', (v) => v >= 0]
const count: Rule = ['a positive integer', (v) => Number.isInteger(v) && v > 0]

/** What a number must be, by its name, which means the same in every function. */
const RULES: { readonly [name: string]: Rule } = {
  channels: count,
  delta: ['above 0', (v) => v > 0],
  dropoutRate: share,
  eps: atLeast0,
  features: count,
  groups: count,
  heads: count,
  hidden: count,
  labelSmoothing: share,
  momentum: share,
  outputs: count,
  p: ['at least 1', (v) => v >= 1],
  rate: share,
  rows: count,
  std: atLeast0,
}
/** Stands for a number that has no default. */
export const REQUIRED: number = NaN
export const OFF: readonly boolean[] = [false, true]
export const ON: readonly boolean[] = [true, false]

/** The settings of an op, those that are absent (or null) filled in. A default says what a setting may be: a list, one
 * of these, the first where it is absent; a number, what its rule asks; undefined, anything: its user looks at it.
 * @throws NameError for an unknown setting or choice, ShapeError for a number out of its bounds or no number */
export function settings<O extends object, D extends { readonly [K in keyof O]-?: unknown }>(
  op: string,
  given: O | undefined,
  defaults: D,
): { readonly [K in keyof D]: NonNullable<O[K & keyof O]> | (undefined extends D[K] ? undefined : never) } {
  const names = Object.keys(defaults)
  if (given !== undefined && (typeof given !== 'object' || !given))
    throw new DTypeError(`${op}: settings { ${names.join(', ')} } required, got ${String(given)}`)
  const own: { readonly [name: string]: unknown } = { ...given }
  for (const name of Object.keys(own))
    if (!names.includes(name)) throw new NameError(`${op}: unknown setting ${name}; known are ${names.join(', ')}`)
  const values = names.map((name) => {
    const normal = (defaults as { readonly [name: string]: unknown })[name]
    const wrong = (what: string): string => `${op}: ${name} must be ${what}, got ${String(own[name])}`
    if (Array.isArray(normal)) {
      const value: unknown = own[name] ?? normal[0]
      if (!normal.includes(value)) throw new NameError(wrong(`one of ${normal.join(', ')}`))
      return [name, value]
    }
    const value = own[name] ?? normal
    const [what, holds] = RULES[name] ?? any
    if (typeof normal === 'number' && (typeof value !== 'number' || !holds(value))) throw new ShapeError(wrong(what))
    return [name, value]
  })
  return Object.fromEntries(values) as never
}
