import { FormatError } from '@gradloom/core'

/** @throws FormatError "what: requirement, got found"; what a file holds is quoted and cut short, since it may be hostile */
export function refuse(what: string, requirement: string, found: unknown): never {
  const shown = typeof found === 'bigint' ? `${found}` : `${JSON.stringify(found)}`
  throw new FormatError(`${what}: ${requirement}, got ${shown.slice(0, 80)}`)
}
