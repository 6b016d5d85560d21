/** Turns rows of n numbers: x becomes c x + s y, y becomes c y - s x. */
export function rotate(a: Float64Array, xAt: number, yAt: number, n: number, c: number, s: number): void {
  for (let i = 0; i < n; i++) {
    const x = a[xAt + i]
    const y = a[yAt + i]
    a[xAt + i] = c * x + s * y
    a[yAt + i] = c * y - s * x
  }
}

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
