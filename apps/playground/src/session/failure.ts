import type { Failure } from './messages.ts'

const textOr = (value: unknown, other: string): string => (typeof value === 'string' ? value : other)

/** What was thrown, whatever it is, as it goes from a worker to the page. */
export function failureOf(thrown: unknown): Failure {
  const { name, message, stack, code } = Object(thrown) as { readonly [key in keyof Failure]?: unknown }
  // Not all objects can be made a text.
  const thing = Object(thrown) === thrown ? 'an object was thrown' : String(thrown)
  return {
    name: textOr(name, 'Error'),
    message: textOr(message, thing),
    stack: textOr(stack, ''),
    code: textOr(code, ''),
  }
}
