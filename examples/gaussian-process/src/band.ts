import { areaY, dot, lineY, type PlotOptions } from '@observablehq/plot'
import type { HostArray } from '@gradloom/core'

/** Years and temperatures. */
export interface Points {
  readonly x: HostArray
  readonly y: HostArray
}

/** A temperature's 95 % bounds, and the temperatures that were given and that were kept apart. */
export function band(
  at: Float64Array,
  mean: Float64Array,
  deviation: Float64Array,
  points: { readonly given: Points; readonly kept: Points },
): PlotOptions {
  const rows = Array.from(at, (year, i) => ({
    year,
    mean: mean[i],
    low: mean[i] - 1.96 * deviation[i],
    high: mean[i] + 1.96 * deviation[i],
  }))
  const rowsOf = ({ x, y }: Points): { year: number; anomaly: number }[] =>
    Array.from(x.data, (year, i) => ({ year: Number(year), anomaly: Number(y.data[i]) }))
  return {
    width: 800,
    height: 400,
    x: { label: null, tickFormat: 'd' },
    y: { label: '°C above the mean of 1951 to 1980', grid: true },
    marks: [
      areaY(rows, { x: 'year', y1: 'low', y2: 'high', fill: '#c6dbef' }),
      lineY(rows, { x: 'year', y: 'mean', stroke: '#08519c' }),
      dot(rowsOf(points.given), { x: 'year', y: 'anomaly', r: 2, fill: '#222' }),
      dot(rowsOf(points.kept), { x: 'year', y: 'anomaly', r: 3, stroke: '#cb181d' }),
    ],
  }
}
