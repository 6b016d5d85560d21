import { duration, percent, whole } from '../../format.ts'
import * as store from './store.ts'

/** Earlier runs: what changed, how they ended, and back to them. */
export function EarlierRuns() {
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Earlier runs">
      <table>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">What changed</th>
            <th scope="col">Test</th>
            <th scope="col">Steps</th>
            <th scope="col">Time</th>
            <th scope="col">
              <span class="hidden">What to do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {store.runs.value.map((run) => (
            <Row key={run.number} run={run} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Row({ run }: { readonly run: store.PastRun }) {
  const isShown = store.overlaid.value.has(run.number)
  return (
    <tr>
      <td class="num">#{run.number}</td>
      <td>{run.changed}</td>
      <td class="num">{percent(run.accuracy)}</td>
      <td class="num">{whole(run.steps)}</td>
      <td class="num">{duration(run.seconds * 1000)}</td>
      <td>
        <button
          class="plain"
          aria-pressed={isShown}
          aria-label={`${isShown ? 'Hide' : 'Show'} the curves of run ${run.number}`}
          onClick={() => store.overlay(run.number)}
        >
          {isShown ? 'hide' : 'show'}
        </button>
        <button class="plain" aria-label={`Use the settings of run ${run.number}`} onClick={() => store.use(run)}>
          use
        </button>
      </td>
    </tr>
  )
}
