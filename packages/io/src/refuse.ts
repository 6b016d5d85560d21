import { FormatError } from '@gradloom/core'

/** @throws FormatError "what: requirement, got found"; what a file holds is quoted and cut short, since it may be hostile */
export function refuse(what: string, requirement: string, found: unknown): never {
  throw new FormatError(`${what}: ${requirement}, got ${`${JSON.stringify(found)}`.slice(0, 80)}`)
}
