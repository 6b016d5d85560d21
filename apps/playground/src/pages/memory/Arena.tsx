import { computed } from '@preact/signals'
import { bytes } from '../../format.ts'
import { colour } from '../../shell/scheme.ts'
import { Canvas } from '../../ui/Canvas.tsx'
import * as store from './store.ts'

const WIDTH = 1760
const HEIGHT = 640
/** Bands with an outline of their own: the largest. */
const OUTLINED = 20
const version = computed(() => [store.timeline.value, store.settings.value.select])

/** What makes a buffer, and the colour of its band. */
export const PARTS = [
  ['forward', 'muted'],
  ['backward', 'positive'],
  ['recompute', 'negative'],
  ['update', 'ink'],
] as const

type Band = NonNullable<typeof store.timeline.value>['bands'][number]
/** The largest first. */
export const sorted = (): readonly Band[] =>
  [...(store.timeline.value?.bands ?? [])].sort((a, b) => b.end - b.start - (a.end - a.start))

/** The arena: places in it against the steps of the plan. */
export function Arena() {
  const { value: timeline } = store.timeline
  if (!timeline) return null
  const { arenaBytes, steps, peakStep } = timeline
  const words = `Arena of ${bytes(arenaBytes)} over ${steps.length} steps; most is in use at step ${peakStep}`
  return (
    <div
      class="arena"
      tabIndex={0}
      role="group"
      aria-label="Buffers: arrows choose the next, from the largest on"
      onKeyDown={move}
      onClick={(event) => choose(event)}
    >
      <Canvas width={WIDTH} height={HEIGHT} label={words} version={version} paint={paint} />
    </div>
  )
}

function move(event: KeyboardEvent): void {
  const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
  if (by === undefined) return
  event.preventDefault()
  const most = (store.timeline.value?.bands.length ?? 0) - 1
  store.select(Math.min(most, Math.max(0, store.settings.value.select + by)))
}

function choose(event: MouseEvent): void {
  const { value: timeline } = store.timeline
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect()
  if (!timeline) return
  const step = Math.floor(((event.clientX - box.left) / box.width) * timeline.steps.length)
  const place = (1 - (event.clientY - box.top) / box.height) * timeline.arenaBytes
  store.select(
    sorted().findIndex((band) => band.first <= step && step <= band.last && band.start <= place && place < band.end),
  )
}

function paint(context: CanvasRenderingContext2D): void {
  const { value: timeline } = store.timeline
  context.clearRect(0, 0, WIDTH, HEIGHT)
  if (!timeline || !timeline.arenaBytes) return
  const x = (step: number): number => (step / timeline.steps.length) * WIDTH
  const y = (place: number): number => HEIGHT - (place / timeline.arenaBytes) * HEIGHT
  const [panel, sunken, accent] = ['panel', 'sunken', 'accent'].map(colour)
  const colours = new Map(PARTS.map(([part, name]) => [part as string, colour(name)]))
  timeline.steps.forEach(({ part }, i) => {
    context.fillStyle = part === 'forward' ? panel : sunken
    context.fillRect(x(i), 0, x(i + 1) - x(i) + 1, HEIGHT)
  })
  const { select } = store.settings.value
  const all = sorted()
  for (let i = all.length - 1; i >= 0; i--) {
    const { first, last, start, end, part } = all[i]
    const box = [x(first), y(end), x(last + 1) - x(first), y(start) - y(end)] as const
    context.fillStyle = i === select ? accent : colours.get(part)!
    // The largest stand out.
    context.globalAlpha = i === select ? 1 : i < OUTLINED ? 0.75 : 0.4
    context.fillRect(...box)
    context.globalAlpha = 1
    if (i >= OUTLINED && i !== select) continue
    // A gap between neighbours, in the colour of what lies behind them.
    context.strokeStyle = panel
    context.lineWidth = 2
    context.strokeRect(...box)
  }
  context.strokeStyle = accent
  context.setLineDash([8, 8])
  context.beginPath()
  context.moveTo(x(timeline.peakStep + 0.5), 0)
  context.lineTo(x(timeline.peakStep + 0.5), HEIGHT)
  context.stroke()
  context.setLineDash([])
}
