import { useSignal } from '@preact/signals'
import { duration, shape as shapeText, whole } from '../../format.ts'
import { Canvas } from '../../ui/Canvas.tsx'
import { diverging, fill, sequential } from '../../ui/ramp.ts'
import type { Part, Printed } from './protocol.ts'
import * as store from './store.ts'

const MOST_CELLS = 20

/** What the program printed, and how it ended. */
export function Output({ onGo }: { readonly onGo: (line: number) => void }) {
  const { value: failure } = store.failure
  const isEmpty = store.lines.value.length === 0 && !failure
  return (
    <section class="card output" aria-label="Output">
      <div class="row spread">
        <h2>Output</h2>
        <span class="muted">
          <span data-name="program">{store.phase}</span>{' '}
          <span class="num">{store.ms.value !== null && duration(store.ms.value)}</span>
        </span>
        <button class="plain" onClick={store.clear} disabled={isEmpty}>
          Clear
        </button>
      </div>
      <div class="lines" tabIndex={0} role="log" aria-label="Printed lines">
        {isEmpty && (
          <p class="muted">What the program prints comes here. Run it with the button, or with Ctrl and Enter.</p>
        )}
        {store.lines.value.map(({ key, level, parts }) => (
          <div key={key} class={`printed ${level}`}>
            {parts.map((part, i) => (
              <Shown key={i} part={part} />
            ))}
          </div>
        ))}
        {store.skipped.value > 0 && <p class="muted">{whole(store.skipped.value)} lines more.</p>}
        {failure && (
          <section class="trouble bad" aria-label="Failed">
            <p>
              <b>
                {failure.name}
                {failure.line !== null && `, line ${failure.line}`}
              </b>
              : {failure.message}
            </p>
            <div class="row">
              {failure.line !== null && <button onClick={() => onGo(failure.line!)}>Go to line {failure.line}</button>}
              <details>
                <summary>Stack</summary>
                <pre class="scroll">{failure.stack}</pre>
              </details>
            </div>
          </section>
        )}
      </div>
    </section>
  )
}

/** A printed value. */
export function Shown({ part }: { readonly part: Part }) {
  return part.kind === 'text' ? <pre>{part.text}</pre> : <TensorView tensor={part} />
}

type View = 'text' | 'table' | 'image' | 'plot'
const viewsOf = ({ shape, values }: Printed): readonly View[] => {
  if (!values || values.length < 2) return ['text']
  return shape.length === 1 ? ['text', 'table', 'plot'] : ['text', 'table', 'image']
}
const round = (value: number): string => (Number.isInteger(value) ? whole(value) : value.toPrecision(5))

function TensorView({ tensor }: { readonly tensor: Printed }) {
  const view = useSignal<View>('text')
  const views = viewsOf(tensor)
  const { low, high, mean, nan } = tensor.stats
  const name = `${tensor.dtype} ${shapeText(tensor.shape)}`
  return (
    <div class="tensor">
      <div class="row tight">
        <b class="num">{name}</b>
        {views.length > 1 &&
          views.map((one) => (
            <button key={one} class="plain" aria-pressed={view.value === one} onClick={() => (view.value = one)}>
              {one}
            </button>
          ))}
      </div>
      {view.value === 'text' ? (
        <pre>{tensor.text.slice(tensor.text.indexOf(']') + 1).trim() || tensor.text}</pre>
      ) : view.value === 'table' ? (
        <Table tensor={tensor} />
      ) : view.value === 'image' ? (
        <Images tensor={tensor} />
      ) : (
        <Plot tensor={tensor} />
      )}
      {tensor.shape.length > 0 && (
        <small class="num">
          min {round(low)} mean {round(mean)} max {round(high)} NaN: {nan}
        </small>
      )}
    </div>
  )
}

/** Rows and columns of the last two axes, at the first place of the others. */
const matrixOf = ({ shape }: Printed): readonly [rows: number, columns: number] =>
  shape.length < 2 ? [1, shape[0] ?? 1] : [shape.at(-2)!, shape.at(-1)!]

function Table({ tensor }: { readonly tensor: Printed }) {
  const [rows, columns] = matrixOf(tensor)
  const shownRows = Math.min(rows, MOST_CELLS)
  const shownColumns = Math.min(columns, MOST_CELLS)
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Values">
      <table>
        <tbody>
          {Array.from({ length: shownRows }, (_, row) => (
            <tr key={row}>
              {Array.from({ length: shownColumns }, (__, column) => (
                <td key={column} class="num">
                  {round(tensor.values![row * columns + column])}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {(shownRows < rows || shownColumns < columns || tensor.shape.length > 2) && (
        <small>
          {shownRows} of {rows} rows, {shownColumns} of {columns} columns
          {tensor.shape.length > 2 && ', the first of the other axes'}
        </small>
      )}
    </div>
  )
}

const MOST_IMAGES = 16
function Images({ tensor }: { readonly tensor: Printed }) {
  const [rows, columns] = matrixOf(tensor)
  const version = useSignal(0)
  const count = Math.min(MOST_IMAGES, tensor.values!.length / (rows * columns))
  const { low, high } = tensor.stats
  const most = Math.max(Math.abs(low), Math.abs(high))
  const isSigned = low < 0
  const [from, to] = isSigned ? [-most, most] : [low, high]
  const paint = (context: CanvasRenderingContext2D, index: number): void => {
    const image = context.createImageData(columns, rows)
    const part = tensor.values!.subarray(index * rows * columns, (index + 1) * rows * columns)
    fill(image, part, isSigned ? diverging() : sequential(), [from, to])
    context.putImageData(image, 0, 0)
  }
  return (
    <div class="images">
      {Array.from({ length: count }, (_, i) => (
        <Canvas
          key={i}
          width={columns}
          height={rows}
          label={`Image ${i + 1} of ${count}, ${rows} x ${columns}, from ${round(from)} to ${round(to)}`}
          version={version}
          paint={(context) => paint(context, i)}
        />
      ))}
    </div>
  )
}

const WIDTH = 480
const HEIGHT = 120
function Plot({ tensor }: { readonly tensor: Printed }) {
  const { low, high } = tensor.stats
  const values = tensor.values!
  const stride = Math.max(1, Math.ceil(values.length / WIDTH))
  const span = high - low || 1
  const points = Array.from({ length: Math.ceil(values.length / stride) }, (_, i) => {
    const index = Math.min(values.length - 1, i * stride)
    const x = (index / Math.max(1, values.length - 1)) * WIDTH
    return `${x.toFixed(1)},${(HEIGHT - 4 - ((values[index] - low) / span) * (HEIGHT - 8)).toFixed(1)}`
  })
  return (
    <svg
      class="line"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${values.length} values from ${round(values[0])} to ${round(values[values.length - 1])}`}
    >
      <polyline
        points={points.join(' ')}
        fill="none"
        stroke="var(--accent)"
        stroke-width="1.5"
        vector-effect="non-scaling-stroke"
      />
    </svg>
  )
}
