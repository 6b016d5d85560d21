import { FormatError } from '@gradloom/core'

/** @throws FormatError "what: requirement required, got found"; texts of a file are quoted and cut short, since they
 * may be hostile */
export function refuse(what: string, requirement: string, found: unknown): never {
  throw new FormatError(`${what.slice(0, 99)}: ${requirement} required, got ${`${JSON.stringify(found)}`.slice(0, 80)}`)
}
