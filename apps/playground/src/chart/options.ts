import type uPlot from 'uplot'
import { colour } from '../shell/scheme.ts'
import { whole } from '../format.ts'
import type { Line } from './line.ts'

export const HEIGHT = 168

/** What uPlot adds besides its canvas says nothing to who cannot see it. */
export function hide(element: HTMLElement): void {
  for (const child of element.children) child.setAttribute('aria-hidden', 'true')
}

interface Look {
  readonly format: (value: number) => string
  readonly span?: readonly [number, number]
  readonly isLog: boolean
}
const FONT = '12px system-ui'
const COLOURS = { now: 'accent', test: 'ink', earlier: 'muted' } as const

/** How uPlot draws lines. */
export function optionsOf(lines: readonly Line[], width: number, { format, span, isLog }: Look): uPlot.Options {
  const muted = colour('muted')
  const line = colour('line')
  const axis = { stroke: muted, font: FONT, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } }
  return {
    width,
    height: HEIGHT,
    padding: [8, 44, 0, 0],
    legend: { show: false },
    cursor: { y: false, sync: { key: 'steps' }, points: { size: 6 }, drag: { x: false, y: false } },
    scales: {
      x: { time: false },
      y: { distr: isLog ? 3 : 1, ...(span && { range: () => [span[0], span[1]] as [number, number] }) },
    },
    axes: [
      { ...axis, size: 32, space: 64, values: (_, ticks) => ticks.map((tick) => whole(tick)) },
      { ...axis, size: 56, space: 32, values: (_, ticks) => ticks.map((tick) => (tick === null ? '' : format(tick))) },
    ],
    series: [
      {},
      ...lines.map(({ name, kind }) => ({
        label: name,
        stroke: colour(COLOURS[kind]),
        width: kind === 'earlier' ? 1 : 1.5,
        ...(kind === 'test' && { dash: [5, 4] }),
        spanGaps: true,
        points: { show: false },
      })),
    ],
    hooks: { draw: [(plot) => label(plot, lines)] },
  }
}

/** Names at the ends of lines, apart from one another. */
function label(plot: uPlot, lines: readonly Line[]): void {
  const { ctx } = plot
  const ratio = devicePixelRatio
  const taken: number[] = []
  ctx.save()
  ctx.font = `${12 * ratio}px system-ui`
  ctx.textBaseline = 'middle'
  ctx.textAlign = 'left'
  lines.forEach(({ name, kind }, i) => {
    const values = plot.data[i + 1]
    const index = values.findLastIndex((value) => value !== null && value !== undefined)
    if (index < 0) return
    const x = plot.valToPos(plot.data[0][index], 'x', true) + 4 * ratio
    let y = plot.valToPos(values[index]!, 'y', true)
    const by = y > plot.bbox.top + plot.bbox.height / 2 ? -13 * ratio : 13 * ratio
    while (taken.some((other) => Math.abs(other - y) < 12 * ratio)) y += by
    taken.push(y)
    ctx.fillStyle = colour(COLOURS[kind])
    ctx.fillText(name, x, y)
  })
  ctx.restore()
}
