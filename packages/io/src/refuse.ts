import { FormatError } from '@gradloom/core'

/** @throws FormatError "what: requirement required, got found"; texts of a file are quoted and cut short, since they
 * may be hostile */
export function refuse(what: string, requirement: string, found: unknown): never {
  throw new FormatError(`${what.slice(0, 99)}: ${requirement.slice(0, 200)} required, got ${quote(found)}`)
}

export function quote(found: unknown): string {
  try {
    return JSON.stringify(typeof found === 'string' ? found.slice(0, 80) : found).slice(0, 80)
  } catch {
    // What JSON doesn't have: undefined, functions, big integers, objects that hold themselves.
    return typeof found
  }
}
