/** A 32-bit mixing function: equal numbers in every language that has 32-bit integers.
 * @see https://github.com/skeeto/hash-prospector (lowbias32) */
export function hash(index: number): number {
  let x = index | 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}

const GOLDEN = 0x9e3779b9 // 2^32 / golden ratio: streams of different seeds start far apart
const fraction = (seed: number, i: number): number => (hash(i + Math.imul(seed, GOLDEN)) >>> 8) / 2 ** 24

/** Numbers spread evenly over [low, high). Every contender makes its own inputs, and all get the same. */
export function uniform(length: number, seed: number, low: number, high: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(length)
  const span = high - low
  for (let i = 0; i < length; i++) out[i] = low + span * fraction(seed, i)
  return out
}

/** `uniform`, not rounded to single precision. */
export function uniform64(length: number, seed: number, low: number, high: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(length)
  const span = high - low
  for (let i = 0; i < length; i++) out[i] = low + span * fraction(seed, i)
  return out
}

/** Whole numbers in [0, count). */
export function integers(length: number, seed: number, count: number): Int32Array<ArrayBuffer> {
  const out = new Int32Array(length)
  for (let i = 0; i < length; i++) out[i] = Math.floor(count * fraction(seed, i))
  return out
}
