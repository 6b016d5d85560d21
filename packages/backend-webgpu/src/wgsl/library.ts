import { BackendError } from '@gradloom/core'
import { bits, integers } from './bits.ts'
import { exponential } from './exponential.ts'
import { power } from './power.ts'

/** The declarations that code needs, and those that they need, in the order of the library. */
export interface Library {
  (code: string): string
  /** Whether shaders have float16. */
  readonly hasHalf: boolean
  /** Loads the rest of the library where code has asked for what was not there. Whether it has.
   * @throws BackendError */
  complete(): Promise<boolean>
}

/** Declarations by name, each with its text. */
function parse(text: string): [name: string, body: string][] {
  return text.split(/\n(?=fn |struct |const |var<)/).flatMap((part) => {
    const name = /^(?:fn|struct|const|var<private>) (\w+)/.exec(part.trimStart())
    return name ? [[name[1], part.trim()]] : []
  })
}

export function createLibrary(hasHalf: boolean): Library {
  const declarations = new Map(parse([bits, integers, exponential, power].join('\n')))
  let isWhole = false
  let lacks = false
  const needs = (code: string): string => {
    const needed = new Set<string>()
    const visit = (text: string): void => {
      for (const [name] of text.matchAll(/\b(?:[fpc]_\w+|Split|Turned)\b/g)) {
        const body = declarations.get(name)
        if (body === undefined) lacks = true
        else if (!needed.has(name)) {
          needed.add(name)
          visit(body)
        }
      }
    }
    visit(code)
    return [...declarations].flatMap(([name, body]) => (needed.has(name) ? [body] : [])).join('\n')
  }
  const complete = async (): Promise<boolean> => {
    if (isWhole || !lacks) return false
    const { rare } = await import('./rare.ts').catch((cause: unknown): never => {
      throw new BackendError('webgpu: functions of this program could not be loaded; try again', { cause })
    })
    for (const [name, body] of parse(rare(hasHalf))) declarations.set(name, body)
    return (isWhole = true)
  }
  return Object.assign(needs, { hasHalf, complete })
}
