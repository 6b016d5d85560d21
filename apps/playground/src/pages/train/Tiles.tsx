import { useComputed } from '@preact/signals'
import { Canvas } from '../../ui/Canvas.tsx'
import { onDemand } from '../../ui/onDemand.tsx'
import { diverging, extent, fill } from '../../ui/ramp.ts'
import { valuesOf } from './tile.ts'
import * as store from './store.ts'

const Detail = onDemand(async () => (await import('./TileDetail.tsx')).TileDetail, 56)

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
