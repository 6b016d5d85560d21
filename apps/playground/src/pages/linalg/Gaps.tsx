import { percent, small } from '../../format.ts'
import { EXPONENTS, POLICIES, type GapRow, type Outcome } from '../../linalg/messages.ts'
import { Segments, Trouble } from '../../ui/controls.tsx'
import { Growth } from './Growth.tsx'
import * as store from './store.ts'

export const gapText = (exponent: number): string => (exponent === Infinity ? '0' : `1e-${exponent}`)
const normText = ({ norm }: Outcome): string => (norm === null ? 'throws' : small(norm))
function offText({ off }: Outcome): string {
  if (off === null) return '–'
  return off < 1e-4 ? small(off) : percent(off)
}

/** What the gradient of a loss of eigenvectors is as two eigenvalues meet, under each policy. */
export function Gaps() {
  const { gap, loss } = store.settings.value
  const { value: rows } = store.rows
  const row = rows[gap - 1]
  return (
    <section class="card stack" aria-label="Degenerate gradient">
      <h2>A gradient where two eigenvalues meet</h2>
      <div class="bar-of-controls">
        <Segments field={store.schema.loss} value={loss} onChange={(next) => store.change({ loss: next })} />
      </div>
      <label class="row slider">
        Gap
        <input
          type="range"
          min="1"
          max={EXPONENTS.length}
          step="1"
          value={gap}
          aria-valuetext={gapText(EXPONENTS[gap - 1])}
          onInput={(event) => store.change({ gap: Number(event.currentTarget.value) })}
        />
        <span class="num">{gapText(EXPONENTS[gap - 1])}</span>
      </label>
      {rows.length > 0 && <Growth rows={rows} gap={gap} />}
      {row && <Chosen row={row} />}
      <details>
        <summary>All gaps</summary>
        <Table rows={rows} />
      </details>
      <small>
        A = Q diag(1, 1 + gap, 2.5) Q<sup>T</sup> in float64; the loss weighs the elements of V V<sup>T</sup>, V the
        first eigenvector or the first two. One vector turns ever faster as the gap closes: its true gradient has no
        bound, and at 0 there is none. The span of both does not turn: every policy is right, and strict does not throw.
      </small>
    </section>
  )
}

function Chosen({ row }: { readonly row: GapRow }) {
  const { error } = row.outcomes[0]
  return (
    <>
      <table>
        <caption class="hidden">Gradients at a gap of {gapText(row.exponent)}</caption>
        <thead>
          <tr>
            <th scope="col">degenerate</th>
            <th scope="col">Norm</th>
            <th scope="col">Off by</th>
          </tr>
        </thead>
        <tbody>
          {row.outcomes.map((found, i) => (
            <tr key={POLICIES[i]}>
              <th scope="row">{POLICIES[i]}</th>
              <td class="num">{normText(found)}</td>
              <td class="num">{offText(found)}</td>
            </tr>
          ))}
          <tr>
            <th scope="row">by its formula</th>
            <td class="num">{row.exact === null ? 'none' : small(row.exact)}</td>
            <td class="num" />
          </tr>
        </tbody>
      </table>
      {error && <Trouble kind="info">strict throws: {error}</Trouble>}
    </>
  )
}

function Table({ rows }: { readonly rows: readonly GapRow[] }) {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Gradients at all gaps">
      <table>
        <thead>
          <tr>
            {['Gap', ...POLICIES, 'formula'].map((name) => (
              <th scope="col" key={name}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.exponent}>
              <th scope="row" class="num">
                {gapText(row.exponent)}
              </th>
              {row.outcomes.map((found, i) => (
                <td class="num" key={POLICIES[i]}>
                  {normText(found)}
                </td>
              ))}
              <td class="num">{row.exact === null ? 'none' : small(row.exact)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
