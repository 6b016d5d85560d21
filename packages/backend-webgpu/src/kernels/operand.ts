import type { Operand } from '@gradloom/core'
import type { Place } from '../run/place.ts'
import { sum, times } from '../wgsl/text.ts'

/** Elements of a vector. */
export const WIDE = 4

/** How a product reads an operand: one element a row (or column) and term, four terms at once, or four rows at once. */
export type Reading = 'single' | 'terms' | 'lines'

/** Whether four neighbours along a direction of stride 1 can be loaded at once, wherever the other indices are. */
const isWide = ({ offset, batch }: Operand, other: number, size: number, { base, byteLength }: Place): boolean =>
  base === null && byteLength % 16 === 0 && [offset, ...batch, other, size].every((n) => n % WIDE === 0)

/** One side of a product: strides from line to line and from term to term, how many lines there are, and how many a
 * tile has. */
export interface Lines {
  readonly operand: Operand
  readonly line: number
  readonly term: number
  readonly size: number
  readonly tile: number
}

export function readingOf({ operand, line, term, size, tile }: Lines, terms: number, place: Place): Reading {
  if (term === 1 && isWide(operand, line, terms, place)) return 'terms'
  return line === 1 && tile % WIDE === 0 && isWide(operand, term, size, place) ? 'lines' : 'single'
}

/** Where the elements of an operand begin, by the variables of the batch. */
export const beginOf = ({ offset, batch: strides }: Operand, batch: readonly string[]): string =>
  sum([`${offset}`, ...strides.flatMap((s, d) => times(batch[d], s))])
