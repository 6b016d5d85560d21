import { ShapeError } from '@gradloom/core'

/** The number of a diagonal: 0 is the main one, those above it are positive. @throws ShapeError where it is not whole */
export function checkOffset(name: string, k: number): void {
  if (!Number.isInteger(k)) throw new ShapeError(`${name}: a whole number as diagonal required, got ${String(k)}`)
}
