import { BlasError, shown } from './error.ts'

/** Numbers that CBLAS gives its settings; use the names. */
export const RowMajor = 101
export const ColMajor = 102
export const NoTrans = 111
export const Trans = 112
export const ConjTrans = 113
export const Upper = 121
export const Lower = 122
export const NonUnit = 131
export const Unit = 132
export const Left = 141
export const Right = 142

/** Whether rows (RowMajor) or columns (ColMajor) are contiguous. */
export type Order = typeof RowMajor | typeof ColMajor
/** ConjTrans is Trans: the numbers are real. */
export type Transpose = typeof NoTrans | typeof Trans | typeof ConjTrans
export type Uplo = typeof Upper | typeof Lower
export type Diag = typeof NonUnit | typeof Unit
export type Side = typeof Left | typeof Right

export type RealArray = Float32Array | Float64Array

/** @throws BlasError unless `x` is one of `values`. */
export function oneOf(routine: string, name: string, x: number, values: readonly number[]): void {
  if (!values.includes(x))
    throw new BlasError(
      'argument',
      `${routine}: ${name} must be one of ${values.join(', ')}, got ${shown(x)}. Use the exported constants.`,
    )
}

export function checkSize(routine: string, name: string, n: number): void {
  if (!Number.isInteger(n) || n < 0)
    throw new BlasError('argument', `${routine}: ${name} must be a whole number, 0 or more, got ${shown(n)}`)
}

/** Elements that n numbers with an increment reach over. */
export function vectorLength(routine: string, name: string, n: number, increment: number): number {
  if (!Number.isInteger(increment) || increment === 0)
    throw new BlasError(
      'argument',
      `${routine}: inc${name} must be a whole number other than 0, got ${shown(increment)}`,
    )
  return n <= 0 ? 0 : 1 + (n - 1) * Math.abs(increment)
}

/** Elements that a matrix reaches over, `major` contiguous runs of `minor`. */
export function matrixLength(routine: string, name: string, major: number, minor: number, leading: number): number {
  if (!Number.isInteger(leading) || leading < Math.max(1, minor)) {
    throw new BlasError(
      'argument',
      `${routine}: ld${name} must be at least ${Math.max(1, minor)}, got ${shown(leading)}`,
    )
  }
  return major === 0 || minor === 0 ? 0 : (major - 1) * leading + minor
}
