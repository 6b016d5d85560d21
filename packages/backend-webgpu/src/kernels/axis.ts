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

/** The names of the indices around an axis, and the place of element `i` of its line. */
export const LINE: readonly string[] = ['a', 'i', 'b']
export const placeOn = ({ size, after }: Pick<AroundAxis, 'size' | 'after'>, i: string): string =>
  `(a * ${size} + ${i}) * ${after} + b`
