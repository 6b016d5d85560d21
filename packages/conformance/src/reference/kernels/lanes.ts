import { sizeOf } from '@gradloom/core'

/** An array seen along one axis: elements of a lane are `stride` apart. */
export interface Lanes {
  readonly count: number
  readonly length: number
  readonly stride: number
  start(lane: number): number
}

/** The lanes of a row-major array along `axis`, in row-major order of the other axes. */
export function lanesOf(shape: readonly number[], axis: number): Lanes {
  const length = shape[axis]
  const stride = sizeOf(shape.slice(axis + 1))
  const outer = sizeOf(shape.slice(0, axis))
  return {
    count: outer * stride,
    length,
    stride,
    start: (lane) => Math.floor(lane / stride) * length * stride + (lane % stride),
  }
}
