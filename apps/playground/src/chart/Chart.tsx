import { useEffect, useRef } from 'preact/hooks'
import { signal, useSignal, type ReadonlySignal } from '@preact/signals'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { colour, palette } from '../shell/scheme.ts'
import { createPainter } from '../ui/frame.ts'
import { whole } from '../format.ts'
import { type Curve, last } from './column.ts'
import { positions, rows, sampled } from './sample.ts'

export interface Line {
  readonly name: string
  readonly curve: Curve
  readonly kind: 'now' | 'test' | 'earlier'
}
interface ChartProps {
  readonly title: string
  /** The lines that there are now; read whenever `version` changes. */
  readonly lines: () => readonly Line[]
  readonly version: ReadonlySignal<number>
  readonly format: (value: number) => string
  /** For marks at the axis, shorter. */
  readonly mark?: (value: number) => string
  /** The span of values, where it is known. */
  readonly span?: readonly [number, number]
  readonly log?: ReadonlySignal<boolean>
  readonly xLabel?: string
  /** The words are renewed when this changes. */
  readonly settled?: ReadonlySignal<unknown>
}

const ROWS = 20
const HEIGHT = 168
const DESCRIBE_MS = 10_000

/** Curves over steps: drawn, told in words, as a table, and to take along as CSV or PNG. */
export function Chart({
  title,
  lines,
  version,
  format,
  mark = format,
  span,
  log = never,
  xLabel = 'step',
  settled = never,
}: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const caption = useSignal('')
  const readout = useSignal('')
  const isOpen = useSignal(false)
  const cursor = useRef(0)

  useEffect(() => {
    const element = place.current!
    let width = 0
    let described = -DESCRIBE_MS
    let shown = 0
    const draw = (): void => {
      // Its size is told soon: to ask for it would lay out the page within this task.
      if (width === 0) return
      const all = lines()
      // A shorter axis would have marks between steps.
      const most = Math.max(
        32,
        ...all.map(({ curve }) => (curve.steps.length ? curve.steps.at(curve.steps.length - 1) : 0)),
      )
      const count = Math.max(16, Math.floor(width / 2))
      const data = [positions(count, most), ...all.map(({ curve }) => sampled(curve, count, most))] as uPlot.AlignedData
      if (!plot.current || shown !== all.length) {
        plot.current?.destroy()
        const none = [[], ...all.map(() => [])] as uPlot.AlignedData
        plot.current = new uPlot(optionsOf(all, width, { format: mark, span, isLog: log.value }), none, element)
        shown = all.length
        hide(element)
        // Its first drawing takes as long as its making: it has a frame of its own.
        painter.mark()
        return
      }
      plot.current.setData(data)
      if (performance.now() - described < DESCRIBE_MS) return
      if (all.some(({ curve }) => curve.values.length > 1)) described = performance.now()
      caption.value = describe(title, all, format)
    }
    const painter = createPainter(draw, { isLarge: true })
    const again = (): void => {
      plot.current?.destroy()
      plot.current = null
      painter.mark()
    }
    const resize = new ResizeObserver(([entry]) => {
      const next = Math.floor(entry.contentRect.width)
      if (next === width || next === 0) return
      width = next
      again()
    })
    resize.observe(element)
    const seen = new IntersectionObserver(([entry]) => painter.show(entry.isIntersecting))
    seen.observe(element)
    const stops = [
      settled.subscribe(() => {
        described = -DESCRIBE_MS
        painter.mark()
      }),
      version.subscribe(() => painter.mark()),
      palette.subscribe(again),
      log.subscribe(again),
    ]
    return () => {
      for (const stop of stops) stop()
      resize.disconnect()
      seen.disconnect()
      painter.dispose()
      plot.current?.destroy()
    }
  }, [])

  const move = (event: KeyboardEvent): void => {
    const by = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key]
    if (by === undefined) return
    event.preventDefault()
    const { steps, values } = lines()[0]?.curve ?? {}
    if (!steps?.length) return
    const stride = Math.max(1, Math.round(steps.length / 50))
    cursor.current = Math.min(steps.length - 1, Math.max(0, cursor.current + by * stride))
    readout.value = `${xLabel} ${whole(steps.at(cursor.current))}: ${format(values!.at(cursor.current))}`
    plot.current?.setCursor({ left: plot.current.valToPos(steps.at(cursor.current), 'x'), top: 8 })
  }
  const csv = async (): Promise<void> => {
    const text = ['series,step,value', ...lines().flatMap(({ name, curve }) => csvOf(name, curve))].join('\n')
    const { saveText } = await import('./save.ts')
    saveText(`${title}.csv`, text, 'text/csv')
  }
  const png = async (): Promise<void> => {
    const canvas = plot.current?.root.querySelector('canvas')
    if (!canvas) return
    const { saveUrl } = await import('./save.ts')
    saveUrl(`${title}.png`, canvas.toDataURL('image/png'))
  }
  return (
    <figure class="chart">
      <div
        ref={place}
        class="plot"
        role="img"
        aria-label={caption.value || title}
        tabIndex={0}
        onKeyDown={move}
        style={{ height: `${HEIGHT}px` }}
      />
      <figcaption>
        <span>{caption}</span> <output class="num">{readout}</output>
      </figcaption>
      <div class="row tight">
        <details onToggle={(event) => (isOpen.value = (event.target as HTMLDetailsElement).open)}>
          <summary>Table</summary>
          {isOpen.value && version.value >= 0 && <Rows lines={lines()} format={format} xLabel={xLabel} title={title} />}
        </details>
        <button class="plain" onClick={() => void csv()} aria-label={`${title} as CSV`}>
          CSV
        </button>
        <button class="plain" onClick={() => void png()} aria-label={`${title} as PNG`}>
          PNG
        </button>
      </div>
    </figure>
  )
}
const never = signal(false)

const csvOf = (name: string, { steps, values }: Curve): string[] =>
  Array.from({ length: steps.length }, (_, i) => `${name},${steps.at(i)},${values.at(i)}`)

function Rows({
  lines,
  format,
  xLabel,
  title,
}: Pick<ChartProps, 'format' | 'xLabel' | 'title'> & { readonly lines: readonly Line[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label={`${title} as a table`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Series</th>
            <th scope="col">{xLabel}</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {lines.flatMap(({ name, curve }) =>
            rows(curve, ROWS).map(({ step, value }) => (
              <tr key={`${name} ${step}`}>
                <td>{name}</td>
                <td class="num">{whole(step)}</td>
                <td class="num">{format(value)}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </div>
  )
}

function describe(title: string, lines: readonly Line[], format: (value: number) => string): string {
  const parts = lines.flatMap(({ name, curve, kind }) => {
    const end = last(curve)
    if (end === null || kind === 'earlier') return []
    const start = curve.values.at(0)
    return [`${name} ${format(start)} to ${format(end)}`]
  })
  const steps = Math.max(
    0,
    ...lines.map(({ curve }) => (curve.steps.length ? curve.steps.at(curve.steps.length - 1) : 0)),
  )
  return parts.length ? `${title}, ${whole(steps)} steps: ${parts.join('; ')}` : `${title}: nothing yet`
}

/** What uPlot adds besides its canvas says nothing to who cannot see it. */
function hide(element: HTMLElement): void {
  for (const child of element.children) child.setAttribute('aria-hidden', 'true')
}

interface Look {
  readonly format: (value: number) => string
  readonly span?: readonly [number, number]
  readonly isLog: boolean
}
const FONT = '12px system-ui'
const COLOURS = { now: 'accent', test: 'ink', earlier: 'muted' } as const

function optionsOf(lines: readonly Line[], width: number, { format, span, isLog }: Look): uPlot.Options {
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
