import { useEffect } from 'preact/hooks'
import { computed } from '@preact/signals'
import { Chart } from '../../chart/Chart.tsx'
import type { Line } from '../../chart/line.ts'
import { bytes, count, duration, loss as lossText, padded, pair, rate } from '../../format.ts'
import { pageShortcuts } from '../../shell/keys.ts'
import { longestTaskMs } from '../../shell/observers.ts'
import { route } from '../../shell/route.ts'
import { Button, Figure, NumberBox, Repairs, Select, Trouble } from '../../ui/controls.tsx'
import { WeightFiles } from '../../ui/WeightFiles.tsx'
import { Attention } from './Attention.tsx'
import { Samples } from './Samples.tsx'
import * as store from './store.ts'
import './write.css'

const lines = (): Line[] => [
  { name: 'train', curve: store.trainCurve, kind: 'now' },
  { name: 'test', curve: store.testCurve, kind: 'test' },
]
const short = (value: number): string => String(Number(value.toPrecision(3)))
const hero = computed(() => padded(lossText(store.loss.value), 8))
const steps = computed(() => pair(store.step.value, store.stopAt.value))
const speed = computed(() => padded(rate(store.perSecond.value, 'characters'), 20))
const stepTime = computed(() => padded(duration(store.stepMs.value), 8))
const held = computed(() =>
  padded(bytes(store.memory.value && store.memory.value.arena + store.memory.value.buffers), 9),
)
const left = computed(() => padded(store.phase.value === 'running' ? `≈ ${duration(store.leftMs.value)}` : '–', 14))
const longest = computed(() =>
  padded(longestTaskMs.value === null ? 'not measured' : `${longestTaskMs.value.toFixed(0)}\u2009ms`, 6),
)

export default function Write() {
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
  const { value: phase } = store.phase
  const { value: failure } = store.failure
  const isRunning = phase === 'running'
  const name = isRunning ? 'Pause' : store.isStale.value ? 'Run anew' : phase === 'finished' ? 'Go on' : 'Run'
  return (
    <>
      <h2 class="hidden">Write</h2>
      <Repairs list={store.repairs} />
      <div class="write">
        <section class="card stack first" aria-label="Settings">
          <div class="run-bar row">
            <Button icon={isRunning ? 'pause' : 'play'} isMain onClick={store.toggle} shortcut="Space">
              {name}
            </Button>
            <Button icon="step" onClick={store.stepOnce} disabled={phase !== 'idle' && phase !== 'paused'} shortcut="s">
              Step
            </Button>
            <Button icon="reset" onClick={() => store.reset()} shortcut="r">
              Reset
            </Button>
          </div>
          <div class="note">
            {store.isStale.value ? (
              <span class="chip">Changed: applies on reset</span>
            ) : (
              <small>Keys: Space, s, r; all of them: ?</small>
            )}
          </div>
          <div class="pairs">
            {store.NUMBERS.map((key) => (
              <NumberBox
                key={key}
                field={store.schema[key]}
                value={store.settings.value[key]}
                onChange={(value) => store.change({ [key]: value })}
              />
            ))}
          </div>
          <Select
            field={store.schema.backend}
            value={store.settings.value.backend}
            onChange={(backend) => store.change({ backend })}
          />
          {store.absent.value && <small>The CPU computes: {store.absent}</small>}
          <div class="row links">
            <WeightFiles
              isOpen={!['starting', 'failed'].includes(phase)}
              onSave={store.saveWeights}
              onLoad={(file) => void store.loadWeights(file)}
            />
          </div>
          <p class="muted">
            A transformer that predicts the next character of the book of Genesis.{' '}
            <span class="num">{store.parameters.value !== null && count(store.parameters.value, 'parameters')}</span>
          </p>
        </section>
        <section class="stack second" aria-label="Text">
          {failure && (
            <Trouble actions={<Button onClick={() => store.reset(true)}>Start anew</Button>}>{failure.message}</Trouble>
          )}
          <Repairs list={store.refused} what="The weights were not loaded." />
          <Samples />
          <div class="card">
            <div class="row spread">
              <h2>Loss, bits a character</h2>
              <span class="num hero" data-name="loss">
                {hero}
              </span>
            </div>
            <Chart
              title="Loss"
              lines={lines}
              version={store.curvesVersion}
              settled={store.phase}
              format={lossText}
              mark={short}
            />
          </div>
        </section>
        <Attention />
      </div>
      <section class="status" aria-label="Status">
        <b class="state">{phase}</b>
        <Figure label="step" value={steps} />
        <Figure label="" value={speed} />
        <Figure label="step time" value={stepTime} />
        <Figure label="memory" value={held} />
        <Figure label="left" value={left} />
        <Figure label="longest task" value={longest} />
      </section>
    </>
  )
}
