import { computed } from '@preact/signals'
import { colour } from '../../shell/scheme.ts'
import { Canvas } from '../../ui/Canvas.tsx'
import { diverging, fill } from '../../ui/ramp.ts'
import { contour } from './contour.ts'
import * as store from './store.ts'

const SIDE = 64
const SIZE = 448
const POINT = 3.2
/** The strongest colours are left to the points. */
const PALE = 1.9
/** Pixels of the canvas for one of the page. */
const SCALE = Math.min(2, devicePixelRatio)
const version = computed(() => store.picturesVersion.value)

/** The plane, coloured by what the network says of it, with the line where it is undecided and the points. */
export function Boundary() {
  const words = 'The plane: triangles are of class 0, circles of class 1, outlined ones are for tests'
  return (
    <div>
      <div class="picture">
        <Canvas
          class="cells"
          width={SIDE}
          height={SIDE}
          label="What the network says of each place"
          version={version}
          paint={paintField}
        />
        <Canvas width={SCALE * SIZE} height={SCALE * SIZE} label={words} version={store.plane} paint={paintPoints} />
        <Canvas
          width={SCALE * SIZE}
          height={SCALE * SIZE}
          label="The line where the network is undecided"
          version={version}
          paint={paintLine}
        />
      </div>
      <small>
        <span style={{ color: 'var(--negative)' }}>▲ class 0</span>{' '}
        <span style={{ color: 'var(--positive)' }}>● class 1</span> hollow: test; line: undecided. Step{' '}
        <span class="num">{store.picturesVersion.value >= 0 && store.pictures.step}</span>
      </small>
    </div>
  )
}

function paintField(context: CanvasRenderingContext2D): void {
  const { boundary } = store.pictures
  if (!boundary) return context.clearRect(0, 0, SIDE, SIDE)
  const image = context.createImageData(SIDE, SIDE)
  fill(image, boundary, diverging(), [-PALE, PALE])
  context.putImageData(image, 0, 0)
}

function clear(context: CanvasRenderingContext2D): void {
  context.setTransform(SCALE, 0, 0, SCALE, 0, 0)
  context.clearRect(0, 0, SIZE, SIZE)
}

function paintLine(context: CanvasRenderingContext2D): void {
  const { boundary } = store.pictures
  clear(context)
  if (!boundary) return
  context.strokeStyle = colour('ink')
  context.lineWidth = 1.5
  context.beginPath()
  for (const [x0, y0, x1, y1] of contour(boundary, SIDE)) {
    context.moveTo((x0 * SIZE) / SIDE, (y0 * SIZE) / SIDE)
    context.lineTo((x1 * SIZE) / SIDE, (y1 * SIZE) / SIDE)
  }
  context.stroke()
}

/** Hundreds of points, once for each plane: what changes all the time has canvases of its own. */
function paintPoints(context: CanvasRenderingContext2D): void {
  const { value: plane } = store.plane
  clear(context)
  if (!plane) return
  const [negative, positive, panel] = [colour('negative'), colour('positive'), colour('panel')]
  plane.classes.forEach((kind, i) => {
    const x = ((plane.points[2 * i] + 1) * SIZE) / 2
    const y = ((1 - plane.points[2 * i + 1]) * SIZE) / 2
    const isTest = i >= plane.testFrom
    context.beginPath()
    if (kind === 1) context.arc(x, y, POINT, 0, 2 * Math.PI)
    else {
      context.moveTo(x, y - POINT * 1.2)
      context.lineTo(x + POINT * 1.1, y + POINT * 0.9)
      context.lineTo(x - POINT * 1.1, y + POINT * 0.9)
      context.closePath()
    }
    const own = kind === 1 ? positive : negative
    context.fillStyle = isTest ? panel : own
    context.strokeStyle = isTest ? own : panel
    context.lineWidth = 1
    context.fill()
    context.stroke()
  })
}
