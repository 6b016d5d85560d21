import type { Failure } from './messages.ts'

/** What was thrown, whatever it is, as it goes from a worker to the page. */
export function failureOf(thrown: unknown): Failure {
  const { name, message, stack, code } = Object(thrown) as Partial<Failure>
  return { name: name ?? 'Error', message: message ?? String(thrown), stack: stack ?? '', code: code ?? '' }
}
