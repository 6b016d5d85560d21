import { useEffect, useRef } from 'preact/hooks'
import { select as d3select } from 'd3-selection'
import { zoom as d3zoom, zoomIdentity, type ZoomBehavior } from 'd3-zoom'
import { bytes } from '../../format.ts'
import type { Box, Line } from '../../plan/groups.ts'
import { Button } from '../../ui/controls.tsx'
import { BOX } from './box.ts'
import * as store from './store.ts'

type Place = readonly [x: number, y: number]
const SIDES = { forward: 'Forward', backward: 'Backward', update: 'Update' } as const
const MARGIN = 32
/** Room for the names of the sides, above the highest box. */
const HEADS = 24
/** The least scale at which names can be read. */
const READABLE = 0.8

/** The boxes and the values between them; zoomed and moved by d3, walked by arrows. */
export function Picture() {
  const svg = useRef<SVGSVGElement>(null)
  const inner = useRef<SVGGElement>(null)
  const zoom = useRef<ZoomBehavior<SVGSVGElement, unknown> | null>(null)
  const { boxes, lines } = store.drawing.value
  const { value: placed } = store.placed
  const shown = boxes.filter(({ key }) => key in placed)
  const extent = extentOf(shown.map(({ key }) => placed[key]))

  /** Shows all of the width, or from the top of the forward side at a size that can be read. */
  const fit = (isReadable: boolean): void => {
    // A change of size may be told after the picture has gone.
    if (!svg.current) return
    const { clientWidth, clientHeight } = svg.current
    const across = clientWidth / extent.width
    const least = isReadable ? READABLE : 0
    const scale = Math.max(Math.min(1.2, across, clientHeight / extent.height), Math.min(1, across), least)
    const middle = middleOf(shown.filter(({ side }) => side === 'forward').map(({ key }) => placed[key]))
    const centre = across < scale && Number.isFinite(middle) ? middle : extent.left + extent.width / 2
    const target = zoomIdentity.translate(clientWidth / 2 - centre * scale, -extent.top * scale).scale(scale)
    d3select(svg.current).call(zoom.current!.transform, target)
  }
  const latest = useRef(fit)
  latest.current = fit
  const by = (factor: number): void => {
    d3select(svg.current!).call(zoom.current!.scaleBy, factor)
  }
  useEffect(() => {
    zoom.current = d3zoom<SVGSVGElement, unknown>()
      .scaleExtent([0.05, 4])
      .on('zoom', ({ transform }: { transform: { toString(): string } }) =>
        inner.current?.setAttribute('transform', transform.toString()),
      )
    // A double click opens a scope; it does not zoom.
    d3select(svg.current!).call(zoom.current).on('dblclick.zoom', null)
  }, [])
  useEffect(() => {
    const resize = new ResizeObserver(() => latest.current(true))
    resize.observe(svg.current!)
    return () => resize.disconnect()
  }, [store.graph.value, Object.keys(placed).length === 0])

  const { value: chosen } = store.selected
  const near = new Set(lines.flatMap(({ from, to }) => (from === chosen ? [to] : to === chosen ? [from] : [])))
  const tabbed = chosen && chosen in placed ? chosen : shown[0]?.key
  return (
    <div class="canvas card">
      <div class="row tight zoom">
        <Button onClick={() => fit(false)}>Fit</Button>
        <button class="square" onClick={() => by(1.3)} aria-label="Larger">
          +
        </button>
        <button class="square" onClick={() => by(1 / 1.3)} aria-label="Smaller">
          −
        </button>
      </div>
      <svg
        ref={svg}
        role="group"
        aria-label="Plan: arrows follow the values, Enter opens a scope, brackets change sides"
      >
        <g ref={inner}>
          {(Object.keys(SIDES) as (keyof typeof SIDES)[]).map((side) => {
            const x = middleOf(shown.filter((box) => box.side === side).map(({ key }) => placed[key]))
            return (
              Number.isFinite(x) && (
                <text key={side} class="side" x={x} y={extent.top + MARGIN} text-anchor="middle">
                  {SIDES[side]}
                </text>
              )
            )
          })}
          {lines.map((line) => (
            <Edge
              key={`${line.from} ${line.to}`}
              line={line}
              from={placed[line.from]}
              to={placed[line.to]}
              isNear={chosen !== null && (line.from === chosen || line.to === chosen)}
            />
          ))}
          {shown.map((box) => (
            <Node
              key={box.key}
              box={box}
              at={placed[box.key]}
              isChosen={box.key === chosen}
              isNear={near.has(box.key)}
              isTabbed={box.key === tabbed}
            />
          ))}
        </g>
      </svg>
    </div>
  )
}

const middleOf = (places: readonly Place[]): number => places.reduce((sum, [x]) => sum + x, 0) / places.length

function extentOf(places: readonly Place[]) {
  const xs = places.map(([x]) => x)
  const ys = places.map(([, y]) => y)
  const left = Math.min(...xs) - BOX.width / 2 - MARGIN
  const top = Math.min(...ys) - BOX.height / 2 - MARGIN - HEADS
  const width = Math.max(...xs) + BOX.width / 2 + MARGIN - left
  return { left, top, width, height: Math.max(...ys) + BOX.height / 2 + MARGIN - top }
}

function Edge({
  line,
  from,
  to,
  isNear,
}: {
  readonly line: Line
  readonly from?: Place
  readonly to?: Place
  readonly isNear: boolean
}) {
  if (!from || !to) return null
  const isAcross = Math.abs(from[0] - to[0]) > BOX.width && Math.abs(from[1] - to[1]) < 400
  const half = BOX.width / 2
  const right = to[0] > from[0]
  const [x0, y0] = [from[0], from[1] + BOX.height / 2]
  const [x1, y1] = [to[0], to[1] - BOX.height / 2]
  const side = right ? half : -half
  const path = isAcross
    ? `M${x0 + side},${from[1]} L${x1 - side},${to[1]}`
    : `M${x0},${y0} C${x0},${y0 + BOX.height / 2} ${x1},${y1 - BOX.height / 2} ${x1},${y1}`
  const width = 1 + Math.min(4, Math.log10(1 + line.byteLength / 1024))
  return (
    <g class={isNear ? 'edge near' : 'edge'}>
      <path d={path} stroke-width={width} fill="none">
        <title>{bytes(line.byteLength)}</title>
      </path>
      {isNear && (
        <text x={(from[0] + to[0]) / 2 + 6} y={(from[1] + to[1]) / 2}>
          {bytes(line.byteLength)}
        </text>
      )}
    </g>
  )
}

interface NodeProps {
  readonly box: Box
  readonly at: Place
  readonly isChosen: boolean
  readonly isNear: boolean
  readonly isTabbed: boolean
}
const LONGEST = 16
const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text)

function Node({ box, at: [x, y], isChosen, isNear, isTabbed }: NodeProps) {
  const { key, name, side, steps, byteLength, isGroup } = box
  const { value: matches } = store.matches
  const place = useRef<SVGGElement>(null)
  useEffect(() => {
    if (isChosen && document.activeElement?.closest('svg') && place.current !== document.activeElement)
      place.current?.focus()
  }, [isChosen])
  const what = isGroup ? (steps.length === 1 ? '1 step' : `${steps.length} steps`) : steps[0].type
  const kind = [
    'node',
    side,
    isGroup && 'group',
    isChosen && 'chosen',
    isNear && 'near',
    matches && !matches.has(key) && 'faint',
  ]
  return (
    <g
      ref={place}
      class={kind.filter(Boolean).join(' ')}
      transform={`translate(${x - BOX.width / 2},${y - BOX.height / 2})`}
      tabIndex={isTabbed ? 0 : -1}
      role="button"
      aria-pressed={isChosen}
      aria-label={`${cut(name)} ${what} · ${bytes(byteLength)}, ${side}`}
      onClick={() => store.select(key)}
      onDblClick={() => store.toggle(box)}
      onFocus={() => store.select(key)}
      onKeyDown={(event) => move(event, box)}
    >
      <rect width={BOX.width} height={BOX.height} rx="6" />
      {isGroup && <rect class="stack-mark" x="4" y={BOX.height} width={BOX.width - 8} height="3" />}
      <text x="10" y="18" class="name">
        {`${cut(name)} `}
      </text>
      <text x="10" y="35" class="what">
        {what} · {bytes(byteLength)}
      </text>
    </g>
  )
}

function move(event: KeyboardEvent, box: Box): void {
  const { boxes, lines } = store.drawing.value
  const { value: placed } = store.placed
  const [x, y] = placed[box.key]
  const step = (keys: readonly string[]): void => {
    const [key] = keys.filter((one) => one in placed)
    if (key) store.select(key)
  }
  const nearest = (others: readonly Box[]): string[] =>
    others
      .filter(({ key }) => key in placed)
      .sort((a, b) => distance(placed[a.key], [x, y]) - distance(placed[b.key], [x, y]))
      .map(({ key }) => key)
  if (event.key === 'ArrowDown') step(lines.filter(({ from }) => from === box.key).map(({ to }) => to))
  else if (event.key === 'ArrowUp') step(lines.filter(({ to }) => to === box.key).map(({ from }) => from))
  else if (event.key === 'ArrowRight') step(nearest(boxes.filter(({ key }) => placed[key]?.[0] > x + 1)))
  else if (event.key === 'ArrowLeft') step(nearest(boxes.filter(({ key }) => placed[key]?.[0] < x - 1)))
  else if (event.key === ']') step(nearest(boxes.filter(({ side }) => side !== 'forward')))
  else if (event.key === '[') step(nearest(boxes.filter(({ side }) => side === 'forward')))
  else if (event.key === 'Enter') store.toggle(box)
  else if (event.key === 'Backspace') store.close(box)
  else return
  event.preventDefault()
  event.stopPropagation()
}
const distance = (a: Place, b: Place): number => Math.hypot((a[0] - b[0]) / 4, a[1] - b[1])
