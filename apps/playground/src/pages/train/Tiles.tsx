import { useComputed } from '@preact/signals'
import { Canvas } from '../../ui/Canvas.tsx'
import { diverging, extent, fill } from '../../ui/ramp.ts'
import type { Tiles as TileSet } from '../../session/messages.ts'
import * as store from './store.ts'

const NOTHING = new Float32Array(0)
const BINS = 24

const valuesOf = (tiles: TileSet, index: number): Float32Array => {
  const cells = tiles.side * tiles.side
  return tiles.values.subarray(index * cells, (index + 1) * cells)
}

/** The first layer, an image a unit: its weights, or what it makes of the plane. */
export function Tiles() {
  const tiles = useComputed(() => (store.picturesVersion.value >= 0 ? store.pictures.tiles : null)).value
  if (!tiles)
    return (
      <section class="card stack" style={{ minHeight: '120px' }} aria-label="First layer">
        <h2>First layer</h2>
        <small>Its units come here with the first step.</small>
      </section>
    )
  const { value: selected } = store.selectedTile
  const what = tiles.kind === 'weights' ? 'weights' : 'output over the plane'
  const shown = tiles.units > tiles.count ? `${tiles.count} of ${tiles.units} units` : `${tiles.units} units`
  return (
    <section class="card stack" aria-label="First layer">
      <div class="row spread">
        <h2>First layer</h2>
        <small>
          {shown}: {what}, ± its own largest
        </small>
      </div>
      <div class="tiles">
        {Array.from({ length: tiles.count }, (_, i) => (
          <button
            key={`${tiles.side} ${i}`}
            aria-pressed={selected === i}
            aria-label={`Unit ${i + 1}`}
            onClick={() => (store.selectedTile.value = selected === i ? null : i)}
          >
            <Canvas
              width={tiles.side}
              height={tiles.side}
              label={`Unit ${i + 1}`}
              version={store.picturesVersion}
              paint={(context) => paint(context, i)}
            />
          </button>
        ))}
      </div>
      {selected !== null && selected < tiles.count && <Detail tiles={tiles} index={selected} />}
    </section>
  )
}

function paint(context: CanvasRenderingContext2D, index: number): void {
  const { tiles } = store.pictures
  if (!tiles || index >= tiles.count || context.canvas.width !== tiles.side) return
  const values = valuesOf(tiles, index)
  const image = context.createImageData(tiles.side, tiles.side)
  const most = extent(values) || 1
  fill(image, values, diverging(), [-most, most])
  context.putImageData(image, 0, 0)
}

/** A unit's numbers, and how they are spread. */
function Detail({ tiles, index }: { readonly tiles: TileSet; readonly index: number }) {
  const values = tiles ? valuesOf(tiles, index) : NOTHING
  const most = extent(values) || 1
  const bins = new Array<number>(BINS).fill(0)
  let sum = 0
  let low = Infinity
  let high = -Infinity
  for (const value of values) {
    sum += value
    low = Math.min(low, value)
    high = Math.max(high, value)
    bins[Math.min(BINS - 1, Math.floor(((value + most) / (2 * most)) * BINS))]++
  }
  const tallest = Math.max(...bins)
  return (
    <div class="row">
      <svg
        width="192"
        height="56"
        viewBox="0 0 192 56"
        role="img"
        aria-label={`How the numbers of unit ${index + 1} are spread`}
      >
        {bins.map((count, i) => (
          <rect
            key={i}
            x={i * 8}
            y={54 - (count / tallest) * 52}
            width="7"
            height={(count / tallest) * 52}
            fill={i < BINS / 2 ? 'var(--negative)' : 'var(--positive)'}
          />
        ))}
        <line x1="0" x2="192" y1="54.5" y2="54.5" stroke="var(--edge)" />
      </svg>
      <dl class="facts">
        <dt>Unit {index + 1}</dt>
        <dd class="num">
          {signed(low)} to {signed(high)}
        </dd>
        <dt>Mean</dt>
        <dd class="num">{signed(sum / values.length)}</dd>
      </dl>
    </div>
  )
}
const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(4)}`
