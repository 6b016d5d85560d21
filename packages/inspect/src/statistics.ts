import { isHostArray, toHostArray, type DType, type HostArray } from '@gradloom/core'
import { demand } from '@gradloom/core/extend'
import { withText } from './text.ts'

/** What an array's elements are like; those that are not finite count apart. */
export interface Statistics {
  readonly dtype: DType
  readonly shape: readonly number[]
  readonly count: number
  /** Of the finite elements; NaN where there are none. */
  readonly min: number
  readonly max: number
  readonly mean: number
  /** The population's. */
  readonly std: number
  readonly zeros: number
  readonly nans: number
  readonly infinities: number
  /** A line. */
  toString(): string
}

/** Counts, least and greatest, mean and deviation of an array; `String(it)` is a line.
 * @throws SettingError for what is none, such as a tensor */
export function statistics(value: HostArray): Statistics {
  demand(isHostArray(value), 'statistics', 'a host array, await tensor.eval(),', value)
  const { data } = toHostArray(value, 'float64')
  const { dtype, shape } = value
  const counts = { zeros: 0, nans: 0, infinities: 0 }
  let min = Infinity
  let max = -Infinity
  let sum = 0
  let finite = 0
  for (const x of data) {
    if (Number.isNaN(x)) counts.nans++
    else if (!Number.isFinite(x)) counts.infinities++
    else {
      finite++
      sum += x
      min = Math.min(min, x)
      max = Math.max(max, x)
      if (x === 0) counts.zeros++
    }
  }
  const mean = sum / finite
  let squares = 0
  for (const x of data) if (Number.isFinite(x)) squares += (x - mean) ** 2
  const spread = finite ? { min, max, mean, std: Math.sqrt(squares / finite) } : { min: NaN, max: NaN, mean, std: NaN }
  return withText({ dtype, shape: [...shape], count: data.length, ...spread, ...counts }, statisticsText)
}

const short = (x: number): string => String(Number(x.toPrecision(4)))

function statisticsText({ dtype, shape, zeros, nans, infinities, ...spread }: Statistics): string {
  const odd = Object.entries({ zeros, NaN: nans, infinities }).flatMap(([name, n]) => (n ? [`${n} ${name}`] : []))
  const { min, max, mean, std } = spread
  const of = Object.entries({ min, max, mean, std }).map(([name, x]) => `${name} ${short(x)}`)
  return [`${dtype} [${shape.join(', ')}] ${of.join(' ')}`, ...odd].join(', ')
}
