/** What went wrong: a bad argument, or no room in the memory. */
export type BlasErrorCode = 'argument' | 'memory'

/** A value for a message: text cannot be made of any object. */
export const shown = (value: unknown): string =>
  Object(value) === value ? {}.toString.call(value).slice(8, -1) : String(value)

/** Error of a BLAS call; nothing was changed. */
export class BlasError extends Error {
  override readonly name = 'BlasError'
  readonly code: BlasErrorCode

  constructor(code: BlasErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
