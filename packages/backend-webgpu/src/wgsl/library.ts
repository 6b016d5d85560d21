import { bits, integers } from './bits.ts'
import { circular, hyperbolic } from './circular.ts'
import { exponential } from './exponential.ts'
import { halves } from './half.ts'
import { power } from './power.ts'
import { special } from './special.ts'

/** The declarations that code needs, and those that they need, in the order of the library. */
export interface Library {
  (code: string): string
  /** Whether shaders have float16. */
  readonly hasHalf: boolean
}

/** Declarations by name, each with its text. */
function parse(hasHalf: boolean): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const text = [bits, halves(hasHalf), integers, exponential, power, circular, hyperbolic, special].join('\n')
  for (const part of text.split(/\n(?=fn |struct |const |var<)/)) {
    const name = /^(?:fn|struct|const|var<private>) (\w+)/.exec(part.trimStart())
    if (name) found.set(name[1], part.trim())
  }
  return found
}

export function createLibrary(hasHalf: boolean): Library {
  const declarations = parse(hasHalf)
  const needs = (code: string): string => {
    const needed = new Set<string>()
    const visit = (text: string): void => {
      for (const [name] of text.matchAll(/\b(?:[fpc]_\w+|Split|Turned)\b/g)) {
        const body = declarations.get(name)
        if (body === undefined || needed.has(name)) continue
        needed.add(name)
        visit(body)
      }
    }
    visit(code)
    return [...declarations].flatMap(([name, body]) => (needed.has(name) ? [body] : [])).join('\n')
  }
  return Object.assign(needs, { hasHalf })
}
