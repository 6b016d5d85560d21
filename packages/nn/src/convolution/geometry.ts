import { ShapeError, type Shape } from '@gradloom/core'
import { shown } from '@gradloom/core/extend'

/** A setting of a window: a number for every spatial axis, or one for each. */
export type PerAxis = number | readonly number[]
/** Elements before and after an axis; negative ones crop. */
export type Padding = readonly (readonly [number, number])[]

/** `value`, or `least` where it is absent, for each of n spatial axes. @throws ShapeError where it is no integer of at
 * least `least`, or the count differs */
export function perAxis(
  name: string,
  what: string,
  value: PerAxis | undefined,
  n: number,
  least: number,
): readonly number[] {
  const list: readonly number[] = Array.isArray(value)
    ? [...value]
    : new Array<number>(n).fill((value as number | undefined) ?? least)
  if (list.length !== n || list.some((v) => !Number.isInteger(v) || v < least)) {
    throw new ShapeError(`${name}: ${what} must be one or ${n} integers of at least ${least}, got ${shown(value)}`)
  }
  return list
}

/** How many steps of `stride` a window of `kernel` elements at distance `dilation` takes over a padded axis of n.
 * @throws ShapeError where it does not fit once */
export function windowCount(
  name: string,
  n: number,
  kernel: number,
  stride: number,
  [before, after]: readonly [number, number],
  dilation: number,
): number {
  if (n === -1 || kernel === -1) return -1
  const free = n + before + after - dilation * (kernel - 1) - 1
  if (free < 0)
    throw new ShapeError(
      `${name}: a window of ${dilation * (kernel - 1) + 1} must fit in the padded size, got ${n} + ${before} + ` +
        `${after}; pad ${before < 0 ? 'less' : 'more'}`,
    )
  return Math.floor(free / stride) + 1
}

/** All index vectors of a shape, in row-major order. */
export const indicesOf = (shape: Shape): number[][] =>
  shape.reduce<number[][]>((list, n) => list.flatMap((at) => Array.from({ length: n }, (_, i) => [...at, i])), [[]])
