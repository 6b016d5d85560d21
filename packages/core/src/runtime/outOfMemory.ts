import type { OutOfMemoryError } from '../errors.ts'

export const isOutOfMemory = (error: unknown): error is OutOfMemoryError =>
  (error as Partial<OutOfMemoryError> | null)?.code === 'OUT_OF_MEMORY'

/** What is to be thrown for an error: where memory ran out, what `explain` makes of it, which is loaded then. */
export async function explained(
  error: unknown,
  explain: (advice: typeof import('./advice.ts')) => unknown,
): Promise<unknown> {
  return isOutOfMemory(error) ? explain(await import('./advice.ts')) : error
}
