import { NameError } from '@gradloom/core'
import { refuse } from './refuse.ts'

/**
 * The options given, over the defaults, whose names and types are all that is known.
 * @throws NameError for another name; FormatError for a value of another type
 */
export function settings<T extends object>(what: string, given: unknown, known: T): T {
  if (Object(given) !== given) refuse(what, 'an object of options', given)
  const set = { ...known } as Record<string, unknown>
  for (const [name, value] of Object.entries(given as object)) {
    const type = typeof set[name]
    if (!Object.hasOwn(known, name))
      throw new NameError(`${what}: no option ${name.slice(0, 80)}; there are ${Object.keys(known).join(', ')}`)
    if (value === undefined) continue
    if (typeof value !== type || value === null) refuse(`${what}: ${name}`, type, value)
    set[name] = value
  }
  return set as T
}
