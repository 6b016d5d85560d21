import { alone } from '../../shell/isolation.ts'
import { go } from '../../shell/route.ts'
import { isPlane } from '../../session/settings.ts'
import { Button, NumberBox, Segments, Select, SizesBox } from '../../ui/controls.tsx'
import { WeightFiles } from '../../ui/WeightFiles.tsx'
import { schemaFor } from './schema.ts'
import * as store from './store.ts'

export function Controls() {
  const { value: now } = store.settings
  const schema = schemaFor(now.data)
  const isConvolution = now.model === 'cnn'
  const { change } = store
  return (
    <>
      <RunBar />
      <Segments field={schema.data} value={now.data} onChange={(data) => change({ data })} />
      {isPlane(now.data) && (
        <NumberBox field={schema.noise} value={now.noise} onChange={(noise) => change({ noise })} />
      )}
      {!isPlane(now.data) && (
        <Segments field={schema.model} value={now.model} onChange={(model) => change({ model })} />
      )}
      {isConvolution && (
        <SizesBox
          field={schema.channels}
          value={now.channels}
          onChange={(channels) => channels.length && change({ channels })}
        />
      )}
      <SizesBox field={schema.widths} value={now.widths} onChange={(widths) => change({ widths })} />
      <Select field={schema.activation} value={now.activation} onChange={(activation) => change({ activation })} />
      <Select field={schema.optimizer} value={now.optimizer} onChange={(optimizer) => change({ optimizer })} />
      <NumberBox field={schema.rate} value={now.rate} onChange={(rate) => change({ rate })} />
      <Select field={schema.schedule} value={now.schedule} onChange={(schedule) => change({ schedule })} />
      <div class="pairs">
        <NumberBox field={schema.batch} value={now.batch} onChange={(batch) => change({ batch })} />
        <NumberBox field={schema.seed} value={now.seed} onChange={(seed) => change({ seed })} />
        <NumberBox field={schema.stop} value={now.stop} onChange={(stop) => change({ stop })} />
        <NumberBox
          field={schema.goal}
          value={now.goal}
          hint="0: only after the last step"
          unit="%"
          onChange={(goal) => change({ goal })}
        />
      </div>
      <Select field={schema.backend} value={now.backend} onChange={(backend) => change({ backend })} />
      {store.absent.value && <small>The CPU computes: {store.absent}</small>}
      <NumberBox
        field={schema.threads}
        value={now.threads}
        hint="0: as many as there are"
        onChange={(threads) => change({ threads })}
      />
      {alone.value && now.threads !== 1 && <small>One thread is used: {alone.value}.</small>}
      {isPlane(now.data) && <Select field={schema.speed} value={now.speed} onChange={(speed) => change({ speed })} />}
      <Weights />
    </>
  )
}

function RunBar() {
  const { value: phase } = store.phase
  const isRunning = phase === 'running'
  const isStale = store.isStale.value
  const name = isRunning ? 'Pause' : isStale ? 'Run anew' : phase === 'finished' ? 'Go on' : 'Run'
  return (
    <div class="run-bar stack">
      <div class="row">
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
        {isStale ? (
          <span class="chip">Changed: applies on reset</span>
        ) : (
          <small>Keys: Space, s, r; all of them: ?</small>
        )}
      </div>
    </div>
  )
}

/** Opens the run as a program on Code. */
async function asCode(): Promise<void> {
  const [{ programOf }, { packed }] = await Promise.all([import('./program.ts'), import('../../shell/compress.ts')])
  const code = await packed(programOf(store.settings.value))
  go('code', `?v=1&code=${code}`)
}

function Weights() {
  return (
    <div class="row links">
      <button class="plain" onClick={() => void asCode()}>
        As code
      </button>
      <WeightFiles
        isOpen={!['starting', 'failed'].includes(store.phase.value)}
        onSave={store.saveWeights}
        onLoad={(file) => void store.loadWeights(file)}
      />
    </div>
  )
}
