import { useEffect, useRef } from 'preact/hooks'
import { computed, signal } from '@preact/signals'
import { colour } from '../../shell/scheme.ts'
import { Canvas } from '../../ui/Canvas.tsx'
import { fill, sequential } from '../../ui/ramp.ts'
import { centred, ink, SIDE } from './digit.ts'
import * as store from './store.ts'

const drawing = new Float32Array(SIDE * SIDE)
let seen = new Float32Array(SIDE * SIDE)
const version = signal(0)
const isEmpty = signal(true)
const cursor = signal<readonly [x: number, y: number] | null>(null)
const padVersion = computed(() => [version.value, cursor.value])
const SEND_MS = 33

let pending: ReturnType<typeof setTimeout> | undefined
function changed(): void {
  version.value++
  isEmpty.value = false
  pending ??= setTimeout(() => {
    pending = undefined
    seen = new Float32Array(centred(drawing))
    version.value++
    store.draw(seen)
  }, SEND_MS)
}
function clear(): void {
  drawing.fill(0)
  seen.fill(0)
  isEmpty.value = true
  store.prediction.value = null
  version.value++
}

/** A digit drawn by hand, and what the network takes it for while it learns. */
export function Draw() {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (!isEmpty.value && store.phase.value !== 'starting') store.draw(seen)
  }, [store.phase.value === 'starting'])
  const at = (event: PointerEvent): readonly [number, number] => {
    const box = place.current!.getBoundingClientRect()
    return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height]
  }
  const stroke = (event: PointerEvent): void => {
    if (event.buttons === 0) return
    for (const part of event.getCoalescedEvents?.() ?? [event]) ink(drawing, ...at(part))
    ink(drawing, ...at(event))
    changed()
  }
  const begin = (event: PointerEvent): void => {
    place.current?.setPointerCapture(event.pointerId)
    stroke(event)
  }
  return (
    <section class="card stack" aria-label="Draw a digit">
      <div class="row spread">
        <h2>Draw a digit</h2>
        <button onClick={clear} disabled={isEmpty.value}>
          Clear
        </button>
      </div>
      <div class="draw">
        <div
          ref={place}
          tabIndex={0}
          role="application"
          aria-label="Drawing area: arrows move, Enter inks"
          onPointerDown={begin}
          onPointerMove={stroke}
          onKeyDown={move}
          onFocus={() => (cursor.value ??= [14, 14])}
          onBlur={() => (cursor.value = null)}
        >
          <Canvas class="pad" width={SIDE} height={SIDE} label="Your drawing" version={padVersion} paint={paintPad} />
          {isEmpty.value && !cursor.value && (
            <small class="empty" aria-hidden="true">
              Draw here, or move by arrows
              <br />
              and ink with Enter
            </small>
          )}
        </div>
        <div>
          <Canvas
            class="seen"
            width={SIDE}
            height={SIDE}
            label="The 28 x 28 pixels that the network sees"
            version={version}
            paint={paintSeen}
          />
          <small>What the network sees</small>
        </div>
        <Scores />
      </div>
    </section>
  )
}

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}
function move(event: KeyboardEvent): void {
  const by = STEPS[event.key]
  const [x, y] = cursor.value ?? [14, 14]
  if (by) {
    const next: readonly [number, number] = [
      Math.min(SIDE - 1, Math.max(0, x + by[0])),
      Math.min(SIDE - 1, Math.max(0, y + by[1])),
    ]
    cursor.value = next
    // With shift the way is inked, so that a line is one key held down.
    if (event.shiftKey) ink(drawing, next[0] + 0.5, next[1] + 0.5)
    if (event.shiftKey) changed()
  } else if (event.key === 'Enter') {
    ink(drawing, x + 0.5, y + 0.5)
    changed()
  } else return
  event.preventDefault()
}

function paintPad(context: CanvasRenderingContext2D): void {
  const image = context.createImageData(SIDE, SIDE)
  fill(image, drawing, sequential(), [0, 1])
  context.putImageData(image, 0, 0)
  if (!cursor.value) return
  context.fillStyle = colour('accent')
  context.fillRect(cursor.value[0], cursor.value[1], 1, 1)
}
function paintSeen(context: CanvasRenderingContext2D): void {
  const image = context.createImageData(SIDE, SIDE)
  fill(image, seen, sequential(), [0, 1])
  context.putImageData(image, 0, 0)
}

const DIGITS = Array.from({ length: 10 }, (_, i) => i)
function Scores() {
  const scores = isEmpty.value ? null : store.prediction.value
  const best = scores ? scores.indexOf(Math.max(...scores)) : -1
  return (
    <ol class="bars" aria-label={scores ? `It looks like ${best}` : 'Draw, and the scores of the ten digits come here'}>
      {DIGITS.map((digit) => (
        <li key={digit} class={digit === best ? 'best' : ''}>
          <span class="num">{digit}</span>
          <span class="bar">
            <i style={{ transform: `scaleX(${scores ? scores[digit].toFixed(4) : 0})` }} />
          </span>
          <span class="num">{scores ? scores[digit].toFixed(2) : '–'}</span>
        </li>
      ))}
    </ol>
  )
}
