import type { Curve } from './column.ts'

/** A curve of a chart. */
export interface Line {
  readonly name: string
  readonly curve: Curve
  readonly kind: 'now' | 'test' | 'earlier'
}
