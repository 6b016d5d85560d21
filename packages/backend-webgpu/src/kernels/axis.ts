import { sizeOf } from '@gradloom/core'

export interface AxisAttrs {
  readonly axis: number
}

/** A row-major array as [before, size, after] around an axis. */
export interface AroundAxis {
  readonly before: number
  readonly size: number
  readonly after: number
}

export const aroundAxis = (shape: readonly number[], axis: number): AroundAxis => ({
  before: sizeOf(shape.slice(0, axis)),
  size: shape[axis],
  after: sizeOf(shape.slice(axis + 1)),
})
