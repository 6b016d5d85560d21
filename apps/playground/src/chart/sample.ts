import { indexFrom, type Curve } from './column.ts'

type Points = (number | null)[]

/** A curve in `count` stretches of equal length up to `most` steps, two points each: its least and its greatest value,
 * in the order in which they come. Where it has no value there is null. */
export function sampled(curve: Curve, count: number, most: number): Points {
  const points: Points = new Array<number | null>(2 * count).fill(null)
  const width = most / count
  for (let i = 0; i < count; i++) {
    const from = indexFrom(curve, i * width)
    const to = i === count - 1 ? curve.steps.length : indexFrom(curve, (i + 1) * width)
    let low = NaN
    let high = NaN
    let isRising = true
    for (let k = from; k < to; k++) {
      const value = curve.values.at(k)
      if (!Number.isFinite(value)) continue
      if (!(value >= low)) {
        low = value
        isRising = false
      }
      if (!(value <= high)) {
        high = value
        isRising = true
      }
    }
    if (Number.isNaN(low)) continue
    points[2 * i] = isRising ? low : high
    points[2 * i + 1] = isRising ? high : low
  }
  return points
}

/** Where the points of `sampled` lie. */
export const positions = (count: number, most: number): number[] =>
  Array.from({ length: 2 * count }, (_, i) => ((i + 0.5) * most) / (2 * count))

/** Rows of a table: at most `count` points of a curve, the last one among them. */
export function rows(curve: Curve, count: number): { readonly step: number; readonly value: number }[] {
  const { length } = curve.steps
  const taken = Math.min(length, count)
  return Array.from({ length: taken }, (_, i) => {
    const index = taken === 1 ? length - 1 : Math.round((i * (length - 1)) / (taken - 1))
    return { step: curve.steps.at(index), value: curve.values.at(index) }
  })
}
