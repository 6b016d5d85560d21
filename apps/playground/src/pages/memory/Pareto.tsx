import { bytes, count, duration } from '../../format.ts'
import { POLICIES } from '../../memory/messages.ts'
import { Button } from '../../ui/controls.tsx'
import * as store from './store.ts'

const WIDTH = 420
const HEIGHT = 220
const LEFT = 76
const BOTTOM = 28

/** What each policy takes: peak of memory against time of a step. */
export function Pareto() {
  const { value: points } = store.points
  const isMeasuring = store.state.value === 'measuring'
  const peaks = points.map(({ peakBytes }) => peakBytes)
  // Peaks lie close to one another: the axis begins a little below the least.
  const [leastBytes, mostBytes] = [Math.min(...peaks) * 0.9, Math.max(...peaks) * 1.05]
  // A quartile that something else of the machine caused does not press the others together.
  const mostMs =
    Math.min(Math.max(...points.map(({ high }) => high)), 2 * Math.max(...points.map((p) => p.median))) * 1.1
  const x = (value: number): number => LEFT + ((value - leastBytes) / (mostBytes - leastBytes)) * (WIDTH - LEFT - 8)
  const y = (ms: number): number => HEIGHT - BOTTOM - (Math.min(ms, mostMs) / mostMs) * (HEIGHT - BOTTOM - 8)
  const labels = apart(points.map(({ peakBytes, median }) => [x(peakBytes), y(median) - 8] as const))
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
            {points.map(({ policy, peakBytes, median, low, high }, i) => (
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
                <text x={x(peakBytes) - 8} y={labels[i]} text-anchor="end" fill="var(--ink)" font-size="12">
                  {names.get(policy)}
                </text>
              </g>
            ))}
            <text x={WIDTH - 4} y={HEIGHT - 8} text-anchor="end" fill="var(--muted)" font-size="12">
              arena, {bytes(leastBytes)} to {bytes(mostBytes)}
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

const LINE = 13
const NAME_WIDTH = 110
/** Heights of names, each above those that it would cover. */
function apart(wanted: readonly (readonly [x: number, y: number])[]): number[] {
  const taken: (readonly [number, number])[] = []
  return wanted.map(([x, from]) => {
    let y = from
    while (taken.some(([otherX, otherY]) => Math.abs(otherX - x) < NAME_WIDTH && Math.abs(otherY - y) < LINE)) y -= LINE
    taken.push([x, y])
    return y
  })
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
