import type { Precision } from '../compare.ts'
import { interpret } from './interpret.ts'

/** Public functions by name. */
export type Functions = { readonly [name: string]: unknown }

/** The value of a golden file's expression. @throws NameError for a function that no package has, FormatError for what
 * is no expression */
export const evaluate = (expr: string, functions: Functions, precision: Precision): unknown =>
  interpret(precision === 'float64' ? expr : expr.replaceAll('"float64"', '"float32"'), functions)
