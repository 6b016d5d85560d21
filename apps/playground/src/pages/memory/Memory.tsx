import { useEffect } from 'preact/hooks'
import { bytes, count, shape, whole } from '../../format.ts'
import { route } from '../../shell/route.ts'
import { Button, Repairs, Select, Trouble } from '../../ui/controls.tsx'
import { Arena, PARTS, sorted } from './Arena.tsx'
import { Pareto } from './Pareto.tsx'
import * as store from './store.ts'
import './memory.css'

const MOST_ROWS = 40

export default function Memory() {
  useEffect(() => store.open(), [route.value])
  const { value: settings } = store.settings
  const { value: timeline } = store.timeline
  const { value: state } = store.state
  return (
    <div class="stack">
      <h2 class="hidden">Memory</h2>
      <Repairs list={store.repairs} />
      <div class="row memory-bar">
        <Select field={store.schema.model} value={settings.model} onChange={(model) => store.change({ model })} />
        <Select field={store.schema.policy} value={settings.policy} onChange={(policy) => store.change({ policy })} />
        <Select
          field={store.schema.backend}
          value={settings.backend}
          onChange={(backend) => store.change({ backend })}
        />
        {settings.policy === 'budget' && (
          <label class="row tight">
            Budget
            <input
              type="range"
              min="20"
              max="100"
              step="1"
              value={settings.budget}
              aria-valuetext={bytes(store.budgetBytes())}
              onInput={(event) => store.change({ budget: Number(event.currentTarget.value) })}
            />
            <span class="num">{bytes(store.budgetBytes())}</span>
          </label>
        )}
        <span data-name="memory" class="muted">
          {state}
        </span>
      </div>
      {state === 'refused' && (
        <Trouble
          kind="warn"
          actions={<Button onClick={() => store.change({ policy: 'none' })}>Keep everything</Button>}
        >
          {store.refusal}
        </Trouble>
      )}
      {store.absent.value && (
        <Trouble kind="info" actions={<Button onClick={() => store.change({ backend: 'cpu' })}>Choose the CPU</Button>}>
          This is the plan of the CPU: {store.absent}
        </Trouble>
      )}
      <div class="memory">
        <section class="card stack" aria-label="Arena">
          <div class="row spread">
            <h2>Arena over the steps of the plan</h2>
            <span class="num" data-name="arena">
              {timeline && bytes(timeline.arenaBytes)}
            </span>
          </div>
          <Arena />
          <ul class="parts" aria-label="Colours of the bands">
            {PARTS.map(([part, colour]) => (
              <li key={part}>
                <i style={{ background: `var(--${colour})` }} /> {part}
              </li>
            ))}
          </ul>
          <small>
            {timeline &&
              `${bytes(timeline.peakBytes)} in use at step ${timeline.peakStep} of ${timeline.steps.length}; ` +
                `${bytes(timeline.arenaBytes - timeline.peakBytes)} in gaps; ` +
                `${bytes(timeline.plainArenaBytes)} where everything is kept. Shaded: not forward.`}
          </small>
          <Chosen />
        </section>
        <Pareto />
      </div>
      <Residuals />
    </div>
  )
}

/** The buffer that is chosen. */
function Chosen() {
  const band = sorted()[store.settings.value.select]
  if (!band) return <p class="muted">Choose a buffer with a click, or with arrows: the largest comes first.</p>
  return (
    <dl class="facts" aria-label="Buffer">
      <dt>Buffer</dt>
      <dd class="num">
        {band.buffer}, {band.dtype}, {bytes(band.end - band.start)} ({whole(band.end - band.start)} B) at{' '}
        {whole(band.start)}
      </dd>
      <dt>Made by</dt>
      <dd class="num">
        {band.ops.join('+')} {band.scope && `in ${band.scope}`}, {band.part}
      </dd>
      <dt>Steps</dt>
      <dd class="num">
        {band.first} to {band.last}
        {band.isOutput && ', a result'}
      </dd>
    </dl>
  )
}

function Residuals() {
  const { value: rows } = store.residuals
  const kept = rows.reduce((sum, row) => sum + (row.isKept ? row.byteLength : 0), 0)
  return (
    <section class="card stack" aria-label="Residuals">
      <div class="row spread">
        <h2>Forward values that the backward pass reads</h2>
        <span class="num">
          {rows.length} values, {bytes(kept)} kept
        </span>
      </div>
      {rows.length === 0 ? (
        <p class="muted">None yet.</p>
      ) : (
        <div class="scroll" tabIndex={0} role="region" aria-label="Residuals as a table">
          <table>
            <thead>
              <tr>
                <th scope="col">Value</th>
                <th scope="col">Scope</th>
                <th scope="col">Shape</th>
                <th scope="col">Bytes</th>
                <th scope="col">To compute again</th>
                <th scope="col">Kept or again</th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, MOST_ROWS).map((row, i) => (
                <tr key={i}>
                  <td class="num">{row.name}</td>
                  <td class="num">{row.scope || '–'}</td>
                  <td class="num">{shape(row.shape)}</td>
                  <td class="num">{bytes(row.byteLength)}</td>
                  <td class="num">{count(row.cost, 'FLOP')}</td>
                  <td>{row.isKept ? 'kept' : 'again'}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {rows.length > MOST_ROWS && <small>{rows.length - MOST_ROWS} more.</small>}
        </div>
      )}
    </section>
  )
}
