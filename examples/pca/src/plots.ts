import { lineY, ruleY, text, type PlotOptions } from '@observablehq/plot'
import type { HostArray } from '@gradloom/core'

/** Digits where they lie along two components `[n, 2]`. */
export function scatter({ data }: HostArray, labels: HostArray): PlotOptions {
  const rows = Array.from(labels.data, (digit, i) => ({
    first: Number(data[2 * i]),
    second: Number(data[2 * i + 1]),
    digit: Number(digit),
  }))
  return {
    width: 640,
    height: 640,
    x: { label: 'first component' },
    y: { label: 'second component' },
    color: { type: 'categorical', scheme: 'tableau10' },
    marks: [text(rows, { x: 'first', y: 'second', text: 'digit', fill: 'digit' })],
  }
}

/** The share of variance that so many components have. */
export function spectrum(shares: readonly number[]): PlotOptions {
  let total = 0
  const rows = shares.map((share, i) => ({ components: i + 1, share: (total += share) }))
  return {
    width: 640,
    height: 320,
    x: { label: 'components', type: 'log', tickFormat: 'd' },
    y: { label: 'share of the variance, %', percent: true, grid: true },
    marks: [ruleY([0]), lineY(rows, { x: 'components', y: 'share', stroke: '#08519c' })],
  }
}
