import { LinalgError, ofMatrix } from '../errors.ts'
import type { Place } from './kernel.ts'

/** A sum of squares that has lost no digits to underflow, and is not infinite. */
export const isSafe = (squares: number): boolean => squares > 2 ** -900 && squares < 2 ** 900

/** The length of (x, y). */
export function length(x: number, y: number): number {
  const squares = x * x + y * y
  return isSafe(squares) ? Math.sqrt(squares) : Math.hypot(x, y)
}

/** The eigenvalue of the symmetric [[a, b], [b, c]] that is nearer to c: Wilkinson's shift. */
export function wilkinson(a: number, b: number, c: number): number {
  if (b === 0) return c
  const half = (a - c) / 2
  const root = length(half, b)
  return c - b * (b / (half < 0 ? half - root : half + root))
}

/** The largest magnitude. */
export function largest(a: Float64Array): number {
  let most = 0
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]))
  return most
}

/** Divides numbers by a power of two near the largest magnitude, so that squares stay in range, where that is near the
 * ends of the range. @returns the power */
export function scaleDown(a: Float64Array): number {
  const most = largest(a)
  if (most === 0 || (most > 1e-20 && most < 1e20)) return 1
  const scale = 2 ** Math.max(-1021, Math.floor(Math.log2(most)))
  for (let i = 0; i < a.length; i++) a[i] /= scale
  return scale
}

/** Steps that every value may take before a decomposition gives up; two are usual. */
export const MOST_SWEEPS = 60
export const EPSILON: number = 2 ** -52

/** Whether what is beside elements i - 1 and i of the diagonal counts. */
export const isBeside = (d: Float64Array, e: Float64Array, i: number): boolean =>
  Math.abs(e[i - 1]) > EPSILON * (Math.abs(d[i - 1]) + Math.abs(d[i]))

/** Takes steps on rows `begin` to `end` of a matrix with d on its diagonal and e beside it, until all of e is 0.
 * @throws LinalgError where that does not come to pass */
export function untilDiagonal(
  name: string,
  d: Float64Array,
  e: Float64Array,
  place: Place,
  step: (begin: number, end: number) => void,
): void {
  let left = MOST_SWEEPS * d.length
  let end = d.length - 1
  while (end > 0) {
    let begin = end
    while (begin > 0 && isBeside(d, e, begin)) begin--
    if (begin > 0) e[begin - 1] = 0
    if (begin === end) {
      end--
      continue
    }
    if (left-- === 0) throw new LinalgError('NO_CONVERGENCE', `${name}: no convergence${ofMatrix(place)}; scale it`)
    step(begin, end)
  }
}

/** Places of values in their order, by insertion: a decomposition gives them all but sorted. */
export function sortTo(order: Float64Array, isBefore: (i: number, j: number) => boolean): void {
  for (let i = 0; i < order.length; i++) {
    let to = i
    for (; to > 0 && isBefore(i, order[to - 1]); to--) order[to] = order[to - 1]
    order[to] = i
  }
}
