import { ShapeError } from '@gradloom/core'
import { shown } from '@gradloom/core/extend'

/** Checks the number of a diagonal: 0 is the main one, those above are positive. @throws ShapeError for fractions */
export function checkOffset(name: string, k: number): void {
  if (!Number.isInteger(k)) throw new ShapeError(`${name}: a whole number as diagonal required, got ${shown(k)}`)
}
