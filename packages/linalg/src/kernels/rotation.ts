/** The length of (x, y). */
export function length(x: number, y: number): number {
  const squares = x * x + y * y
  return squares > SAFE && squares < 1 / SAFE ? Math.sqrt(squares) : Math.hypot(x, y)
}
/** Sums of squares from here up have lost no digits to underflow. */
const SAFE = 2 ** -900

/** The eigenvalue of the symmetric [[a, b], [b, c]] that is nearer to c: Wilkinson's shift. */
export function wilkinson(a: number, b: number, c: number): number {
  if (b === 0) return c
  const half = (a - c) / 2
  const root = Math.hypot(half, b)
  return c - (b * b) / (half < 0 ? half - root : half + root)
}

/** A power of two near the largest magnitude, by which numbers are divided so that squares stay in range; 1 for none.
 * */
export function scaleOf(a: Float64Array): number {
  let most = 0
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]))
  return most === 0 ? 1 : 2 ** Math.max(-1021, Math.floor(Math.log2(most)))
}

/** Divides by a power of two. */
export function scaleDown(a: Float64Array, scale: number): void {
  if (scale !== 1) for (let i = 0; i < a.length; i++) a[i] /= scale
}

/** Sweeps that every value may take before a decomposition gives up; two are usual. */
export const MOST_SWEEPS = 60
export const EPSILON: number = 2 ** -52
