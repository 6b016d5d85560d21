import type { Failure } from './messages.ts'

const isText = (value: unknown): value is string => typeof value === 'string'

/** What was thrown, whatever it is, as it goes from a worker to the page. */
export function failureOf(thrown: unknown): Failure {
  const { name, message, stack, code } = Object(thrown) as { readonly [key in keyof Failure]?: unknown }
  return {
    name: isText(name) ? name : 'Error',
    message: isText(message) ? message : textOf(thrown),
    stack: isText(stack) ? stack : '',
    code: isText(code) ? code : '',
  }
}

/** Not all objects can be made a text. */
function textOf(thrown: unknown): string {
  try {
    return String(thrown)
  } catch {
    return 'an object without a text was thrown'
  }
}
