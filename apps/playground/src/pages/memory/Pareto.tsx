import { bytes, count, duration } from '../../format.ts'
import { POLICIES } from '../../memory/messages.ts'
import { Button } from '../../ui/controls.tsx'
import * as store from './store.ts'

const WIDTH = 420
const HEIGHT = 220
const LEFT = 64
const BOTTOM = 28

/** What each policy takes: peak of memory against time of a step. */
export function Pareto() {
  const { value: points } = store.points
  const isMeasuring = store.state.value === 'measuring'
  const mostBytes = Math.max(1, ...points.map(({ peakBytes }) => peakBytes)) * 1.1
  const mostMs = Math.max(0.001, ...points.map(({ high }) => high)) * 1.1
  const x = (value: number): number => LEFT + (value / mostBytes) * (WIDTH - LEFT - 8)
  const y = (ms: number): number => HEIGHT - BOTTOM - (ms / mostMs) * (HEIGHT - BOTTOM - 8)
  const names = new Map<string, string>(POLICIES)
  return (
    <section class="card stack" aria-label="Peak against time">
      <div class="row spread">
        <h2>Peak × step time</h2>
        <Button
          icon={isMeasuring ? 'stop' : 'play'}
          onClick={isMeasuring ? store.stop : store.measure}
          disabled={!store.timeline.value}
        >
          {isMeasuring ? 'Stop' : 'Measure all policies'}
        </Button>
      </div>
      {points.length === 0 ? (
        <Foreseen />
      ) : (
        <>
          <svg
            viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
            role="img"
            aria-label="Peak of memory against time of a step, as in the table below"
          >
            <line x1={LEFT} x2={WIDTH} y1={HEIGHT - BOTTOM} y2={HEIGHT - BOTTOM} stroke="var(--edge)" />
            <line x1={LEFT} x2={LEFT} y1="0" y2={HEIGHT - BOTTOM} stroke="var(--edge)" />
            {points.map(({ policy, peakBytes, median, low, high }) => (
              <g key={policy}>
                <line
                  x1={x(peakBytes)}
                  x2={x(peakBytes)}
                  y1={y(low)}
                  y2={y(high)}
                  stroke="var(--muted)"
                  stroke-width="2"
                />
                <circle
                  cx={x(peakBytes)}
                  cy={y(median)}
                  r="5"
                  fill={policy === store.settings.value.policy ? 'var(--accent)' : 'var(--ink)'}
                />
                <text x={x(peakBytes) - 8} y={y(median) - 8} text-anchor="end" fill="var(--ink)" font-size="12">
                  {names.get(policy)}
                </text>
              </g>
            ))}
            <text x={WIDTH - 4} y={HEIGHT - 8} text-anchor="end" fill="var(--muted)" font-size="12">
              arena, to {bytes(mostBytes)}
            </text>
            <text x="4" y="16" fill="var(--muted)" font-size="12">
              to {duration(mostMs)}
            </text>
          </svg>
          <table>
            <thead>
              <tr>
                <th scope="col">Policy</th>
                <th scope="col">Arena</th>
                <th scope="col">Step</th>
              </tr>
            </thead>
            <tbody>
              {points.map(({ policy, peakBytes, median, low, high }) => (
                <tr key={policy}>
                  <td>{names.get(policy)}</td>
                  <td class="num">{bytes(peakBytes)}</td>
                  <td class="num">
                    {duration(median)} ({duration(low)} to {duration(high)})
                  </td>
                </tr>
              ))}
              {store.impossible.value.map(({ policy, reason }) => (
                <tr key={policy}>
                  <td>{names.get(policy)}</td>
                  <td colSpan={2}>
                    <small>not possible: {reason}</small>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
    </section>
  )
}

/** Before anything is measured: what the plans say. */
function Foreseen() {
  const { value: planned } = store.foreseen
  const names = new Map<string, string>(POLICIES)
  const plain = planned.find(({ policy }) => policy === 'none')
  return (
    <>
      <p class="muted">
        Measured points come one by one: medians of 15 steps, bars are quartiles. Until then, what the plans say:
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Policy</th>
            <th scope="col">Arena</th>
            <th scope="col">Work</th>
          </tr>
        </thead>
        <tbody>
          {planned.map(({ policy, peakBytes, flops }) => (
            <tr key={policy}>
              <td>{names.get(policy)}</td>
              <td class="num">{bytes(peakBytes)}</td>
              <td class="num">
                {plain && policy !== 'none'
                  ? `+\u2009${((100 * flops) / plain.flops - 100).toFixed(1)}\u2009%`
                  : count(flops, 'FLOP')}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}
