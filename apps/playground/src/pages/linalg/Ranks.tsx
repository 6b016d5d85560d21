import { percent, small, whole as wholeText } from '../../format.ts'
import { Canvas } from '../../ui/Canvas.tsx'
import { fill, type Ramp } from '../../ui/ramp.ts'
import { Spectrum } from './Spectrum.tsx'
import * as store from './store.ts'

/** A picture has its own greys, whatever the colours of the page. */
const greys: Ramp = Array.from({ length: 256 }, (_, i) => [i, i, i] as const)

function paint(context: CanvasRenderingContext2D, values: Float32Array | undefined): void {
  const { width, height } = context.canvas
  if (values?.length !== width * height) return
  const image = context.createImageData(width, height)
  fill(image, values, greys, [0, 1])
  context.putImageData(image, 0, 0)
}

/** A picture as the sum of so many pairs of singular vectors. */
export function Ranks() {
  const { value: found } = store.whole
  const { value: ranked } = store.ranked
  const { width, height } = found?.picture ?? { width: 160, height: 120 }
  const most = Math.min(width, height)
  const rank = Math.min(store.settings.value.rank, most)
  const numbers = rank * (width + height + 1)
  const share = numbers / (width * height)
  const words = ranked ? `rank ${rank} of ${most}, off by ${percent(ranked.off)}` : 'being computed'
  return (
    <section class="card stack" aria-label="Picture at a rank">
      <div class="row spread">
        <h2>A picture at any rank</h2>
        <span class="muted" data-name="linalg">
          {store.state}
        </span>
      </div>
      <div class="pictures">
        <figure>
          <Canvas
            width={width}
            height={height}
            label={`The picture, ${width} x ${height}`}
            version={store.whole}
            paint={(context) => paint(context, store.whole.value?.picture.values)}
          />
          <figcaption class="muted">as it is</figcaption>
        </figure>
        <figure>
          <Canvas
            width={width}
            height={height}
            label={`The picture at ${words}`}
            version={store.ranked}
            paint={(context) => paint(context, store.ranked.value?.values)}
          />
          <figcaption class="muted">
            at rank <span class="num">{rank}</span>
          </figcaption>
        </figure>
      </div>
      <label class="row slider">
        Rank
        <input
          type="range"
          min="0"
          max={most}
          step="1"
          value={rank}
          aria-valuetext={words}
          onInput={(event) => store.change({ rank: Number(event.currentTarget.value) })}
        />
        <span class="num">
          {rank} of {most}
        </span>
      </label>
      <dl class="facts">
        <dt>Off by</dt>
        <dd class="num" data-name="off">
          {percent(ranked?.off ?? null)}
        </dd>
        <dt>Numbers</dt>
        <dd class="num">
          {wholeText(numbers)} of {wholeText(width * height)}, {percent(share)}
        </dd>
        <dt>Singular value</dt>
        <dd class="num">{found && rank > 0 ? `${small(found.s[rank - 1])} of ${small(found.s[0])}` : '–'}</dd>
      </dl>
      {found && <Spectrum s={found.s} rank={rank} />}
      <label class="row own">
        A picture of your own, which stays here
        <input
          type="file"
          accept="image/*"
          onChange={(event) => {
            const [file] = event.currentTarget.files ?? []
            if (file) void store.read(file)
          }}
        />
      </label>
      <small>
        U, S and V of the picture are computed once. At rank k it is the product of their first k columns and values: no
        other picture of that rank is nearer.
      </small>
    </section>
  )
}
