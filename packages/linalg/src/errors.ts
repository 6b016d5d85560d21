import type { Place } from './kernels/kernel.ts'

/** What is wrong with the values of a matrix. */
export type LinalgErrorCode =
  | 'NOT_FINITE'
  | 'NOT_SYMMETRIC'
  | 'NOT_POSITIVE_DEFINITE'
  | 'SINGULAR'
  | 'NO_CONVERGENCE'
  | 'DEGENERATE'
  | 'DOMAIN'

/** Values that a decomposition, a function of a matrix or its gradient cannot accept, found while running: told apart
 * by `code`. */
export class LinalgError extends Error {
  override readonly name = 'LinalgError'
  readonly code: LinalgErrorCode
  constructor(code: LinalgErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** What an error says of the matrix of a stack that it is about. */
export const ofMatrix = ({ index, count }: Place): string => (count > 1 ? ` of matrix ${index}` : '')
