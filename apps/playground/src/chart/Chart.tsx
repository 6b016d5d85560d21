import { useEffect, useRef } from 'preact/hooks'
import { signal, useSignal, type ReadonlySignal } from '@preact/signals'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { palette } from '../shell/scheme.ts'
import { createPainter } from '../ui/frame.ts'
import { whole } from '../format.ts'
import type { Line } from './line.ts'
import { HEIGHT, hide, optionsOf } from './options.ts'
import { Rows } from './Rows.tsx'
import { positions, sampled } from './sample.ts'
import { csvOf, describe } from './words.ts'

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
    const text = csvOf(lines())
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
