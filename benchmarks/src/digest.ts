import { hash } from './inputs.ts'

export type Result = Float32Array | Float64Array | number

/** What is left of a result to compare it by: some elements, and a sum over all with signs, which any wrong element
 * moves. */
export interface Digest {
  readonly length: number
  readonly samples: readonly number[]
  readonly signedSum: number
  readonly absoluteSum: number
}

const SAMPLES = 256

/** Which elements are compared one by one: the first, the last, and others without a pattern. */
export function sampleIndices(length: number): number[] {
  return Array.from({ length: Math.min(length, SAMPLES) }, (_, i) =>
    length <= SAMPLES ? i : i === 0 ? 0 : i === 1 ? length - 1 : hash(i) % length,
  )
}

export function digest(result: Result): Digest {
  const data = typeof result === 'number' ? [result] : result
  let signedSum = 0
  let absoluteSum = 0
  for (let i = 0; i < data.length; i++) {
    signedSum += hash(i) & 1 ? data[i] : -data[i]
    absoluteSum += Math.abs(data[i])
  }
  return { length: data.length, samples: sampleIndices(data.length).map((i) => data[i]), signedSum, absoluteSum }
}

/** How far two results are apart, relative to the largest sample and to the absolute sum; NaN and lengths count as
 * infinitely far. */
export function distance(a: Digest, b: Digest): number {
  if (a.length !== b.length) return Infinity
  const size = Math.max(...a.samples.map(Math.abs), Number.MIN_VALUE)
  const worst = Math.max(...a.samples.map((x, i) => Math.abs(x - b.samples[i]))) / size
  const sums = Math.abs(a.signedSum - b.signedSum) / Math.max(a.absoluteSum, Number.MIN_VALUE)
  const far = Math.max(worst, sums)
  return Number.isNaN(far) ? Infinity : far
}
