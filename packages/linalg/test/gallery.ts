/** n x n numbers, row after row. */
export type Square = Float64Array

export const fill = (m: number, n: number, at: (i: number, j: number) => number): Square =>
  Float64Array.from({ length: m * n }, (_, p) => at(Math.floor(p / n), p % n))

/** Numbers in (-1, 1) that a seed gives. */
export function draws(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 31 - 1
  }
}

export const times = (a: Square, b: Square, m: number, k: number, n: number): Square =>
  fill(m, n, (i, j) => {
    let sum = 0
    for (let p = 0; p < k; p++) sum += a[i * k + p] * b[p * n + j]
    return sum
  })
export const turned = (a: Square, m: number, n: number): Square => fill(n, m, (i, j) => a[j * n + i])
/** The largest magnitude of a difference. */
export const apart = (a: Square, b: Square): number => a.reduce((most, v, i) => Math.max(most, Math.abs(v - b[i])), 0)
/** The root of the sum of squares. */
export const size = (a: Square): number => Math.hypot(...a)

/** Kinds of matrices that are hard in their own ways. */
export const gallery: readonly (readonly [name: string, of: (m: number, n: number, seed: number) => Square])[] = [
  ['random', (m, n, seed) => fill(m, n, draws(seed))],
  ['graded', (m, n, seed) => ((next) => fill(m, n, (i, j) => next() * 10 ** -((16 * (i + j)) / (m + n))))(draws(seed))],
  ['of low rank', (m, n, seed) => times(fill(m, 2, draws(seed)), fill(2, n, draws(seed + 1)), m, 2, n)],
  [
    'of equal values',
    (m, n) => fill(m, n, (i, j) => (i === j ? 1 : 2 / Math.max(m, n)) - (i === j ? 2 / Math.max(m, n) : 0)),
  ],
  ['Hilbert', (m, n) => fill(m, n, (i, j) => 1 / (i + j + 1))],
  ['Kahan', (m, n) => fill(m, n, (i, j) => (i > j ? 0 : Math.sin(1.2) ** i * (i === j ? 1 : -Math.cos(1.2))))],
  ['zero', (m, n) => fill(m, n, () => 0)],
  ['tiny', (m, n, seed) => fill(m, n, draws(seed)).map((v) => v * 1e-300)],
  ['huge', (m, n, seed) => fill(m, n, draws(seed)).map((v) => v * 1e150)],
]
