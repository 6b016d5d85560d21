import { useEffect } from 'preact/hooks'
import { computed } from '@preact/signals'
import { Chart } from '../../chart/Chart.tsx'
import type { Line } from '../../chart/line.ts'
import { bytes, loss, padded, percent, whole } from '../../format.ts'
import { isPlane } from '../../session/settings.ts'
import { pageShortcuts } from '../../shell/keys.ts'
import { route } from '../../shell/route.ts'
import { Button, Repairs, Trouble } from '../../ui/controls.tsx'
import { Later } from '../../ui/Later.tsx'
import { onDemand } from '../../ui/onDemand.tsx'
import { Boundary } from './Boundary.tsx'
import { Controls } from './Controls.tsx'
import { Status } from './Status.tsx'
import { Tiles } from './Tiles.tsx'
import * as store from './store.ts'

const earlier = (which: 'loss' | 'accuracies'): Line[] =>
  store.runs.value
    .filter(({ number }) => store.overlaid.value.has(number))
    .map((run) => ({ name: `#${run.number}`, curve: run[which], kind: 'earlier' as const }))
const lossLines = (): Line[] => [
  { name: 'train', curve: store.trainLoss, kind: 'now' },
  { name: 'test', curve: store.testLoss, kind: 'test' },
  ...earlier('loss'),
]
const accuracyLines = (): Line[] => [
  { name: 'test', curve: store.testAccuracy, kind: 'test' },
  ...earlier('accuracies'),
]

const short = (value: number): string =>
  value !== 0 && Math.abs(value) < 0.001 ? value.toExponential(0) : String(Number(value.toPrecision(3)))
const roughly = (share: number): string => `${Math.round(100 * share)}\u2009%`
const heroLoss = computed(() => padded(loss(store.lastLoss.value), 8))
const heroAccuracy = computed(() => padded(percent(store.test.value?.accuracy ?? null), 9))
const examples = computed(() => store.test.value && `of ${whole(store.test.value.examples)} tests`)

export default function Train() {
  useEffect(() => store.open(), [route.value])
  useEffect(() => {
    pageShortcuts.value = [
      { keys: 'Space', does: 'runs or pauses', run: store.toggle },
      { keys: 's', does: 'does a single step', run: store.stepOnce },
      { keys: 'r', does: 'resets', run: () => store.reset() },
    ]
    return () => {
      pageShortcuts.value = []
    }
  }, [])
  return (
    <>
      <h2 class="hidden">Train</h2>
      <Repairs list={store.repairs} />
      <div class="train">
        <section class="first stack card" aria-label="Settings">
          <Later frames={1}>
            <Controls />
          </Later>
        </section>
        <section class="second stack" aria-label="Pictures">
          <Notices />
          <Repairs list={store.refused} what="The weights were not loaded." />
          {isPlane(store.settings.value.data) ? <Boundary /> : <Digits />}
          <Tiles />
        </section>
        <section class="third stack" aria-label="Curves">
          <Later frames={2}>
            <div class="card">
              <div class="row spread">
                <h2>Loss</h2>
                <label class="row tight muted">
                  <input
                    type="checkbox"
                    checked={store.isLog.value}
                    onChange={(event) => (store.isLog.value = event.currentTarget.checked)}
                  />
                  log
                </label>
                <span class="num hero" data-name="loss">
                  {heroLoss}
                </span>
              </div>
              <Chart
                title="Loss"
                lines={lossLines}
                version={store.curvesVersion}
                settled={store.phase}
                format={loss}
                mark={short}
                log={store.isLog}
              />
            </div>
            <div class="card">
              <div class="row spread">
                <h2>Accuracy</h2>
                <small>{examples}</small>
                <span class="num hero" data-name="accuracy">
                  {heroAccuracy}
                </span>
              </div>
              <Chart
                title="Accuracy"
                lines={accuracyLines}
                version={store.curvesVersion}
                settled={store.phase}
                format={percent}
                mark={roughly}
                span={[0, 1]}
              />
            </div>
            <Runs />
          </Later>
        </section>
      </div>
      <Status />
    </>
  )
}

const Digits = onDemand(async () => (await import('./Draw.tsx')).Draw, 360)
const EarlierRuns = onDemand(async () => (await import('./EarlierRuns.tsx')).EarlierRuns)

function Runs() {
  return (
    <section class="card" aria-label="Runs">
      <h2>Runs</h2>
      {store.runs.value.length ? (
        <EarlierRuns />
      ) : (
        <p class="muted">Earlier runs are listed here after a reset, with what changed from one to the next.</p>
      )}
    </section>
  )
}

/** What stands in the way: a file on its way, or a failure with what to do next. */
function Notices() {
  const { value: progress } = store.loading
  const { value: failure } = store.failure
  if (failure) return <Failed />
  if (!progress || store.phase.value !== 'starting') return null
  return (
    <div class="card">
      <label>
        Loading the digits: {bytes(progress.done)} of {bytes(progress.total)}
        <progress max={progress.total} value={progress.done} />
      </label>
      <Button onClick={() => moons()}>Cancel, use the moons</Button>
    </div>
  )
}

const moons = (): void => {
  store.change({ data: 'moons' })
  store.reset(true)
}
const slower = (): void => {
  store.change({ rate: store.settings.value.rate / 10 })
  store.reset(true)
}
const smaller = (): void => {
  store.change({ batch: Math.max(1, Math.floor(store.settings.value.batch / 2)) })
  store.reset(true)
}

function Failed() {
  const { name, code, message, stack } = store.failure.value!
  const details = [`${name} ${code}`, message, stack, navigator.userAgent].join('\n')
  return (
    <Trouble
      actions={
        <>
          {code === 'DEVICE_LOST' && <Button onClick={store.recover}>Go on with a new device</Button>}
          {code === 'DATA' && <Button onClick={moons}>Use the moons</Button>}
          {code === 'OUT_OF_MEMORY' && <Button onClick={smaller}>Halve the batch</Button>}
          {name === 'RangeError' && <Button onClick={slower}>Rate ÷ 10, and again</Button>}
          <Button onClick={() => store.reset(true)}>{code === 'DATA' ? 'Try again' : 'Start anew'}</Button>
          <button class="plain" onClick={() => void navigator.clipboard.writeText(details)}>
            Copy details
          </button>
        </>
      }
    >
      {message}
    </Trouble>
  )
}
