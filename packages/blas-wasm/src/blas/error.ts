/** What went wrong: a bad argument, or no room in the memory. */
export type BlasErrorCode = 'argument' | 'memory'

/** Error of a BLAS call; nothing was changed. */
export class BlasError extends Error {
  override readonly name = 'BlasError'
  readonly code: BlasErrorCode

  constructor(code: BlasErrorCode, message: string) {
    super(message)
    this.code = code
  }
}
