import { NameError } from '@gradloom/core'
import type { Precision } from '../compare.ts'

/** Public functions by name. */
export type Functions = { readonly [name: string]: unknown }

/** The value of a golden file's expression. The files are ours and run in tests and tools only.
 * @throws NameError for a function that no package has */
export function evaluate(expr: string, functions: Functions, precision: Precision): unknown {
  const source = precision === 'float64' ? expr : expr.replaceAll('"float64"', '"float32"')
  try {
    // oxlint-disable-next-line typescript/no-implied-eval -- golden files hold expressions
    return new Function(...Object.keys(functions), `"use strict"; return (${source})`)(...Object.values(functions))
  } catch (error) {
    const unknown = error instanceof ReferenceError && /^(\w+) is not defined/.exec(error.message)
    throw unknown ? new NameError(`unknown function ${unknown[1]}`) : error
  }
}
