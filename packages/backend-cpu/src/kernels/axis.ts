import { sizeOf } from '@gradloom/core'

/** Sizes around an axis: the array is [before, size, after]. */
export interface AxisSizes {
  readonly before: number
  readonly size: number
  readonly after: number
}

export const axisSizes = (shape: readonly number[], axis: number): AxisSizes => ({
  before: sizeOf(shape.slice(0, axis)),
  size: shape[axis],
  after: sizeOf(shape.slice(axis + 1)),
})

/** Calls `visit` with the first element and the stride of every line along the axis. */
export function forEachLine({ before, size, after }: AxisSizes, visit: (start: number, stride: number) => void): void {
  for (let i = 0; i < before; i++) for (let j = 0; j < after; j++) visit(i * size * after + j, after)
}
