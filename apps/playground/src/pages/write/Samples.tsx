import { useSignal } from '@preact/signals'
import { whole } from '../../format.ts'
import { Button, NumberBox } from '../../ui/controls.tsx'
import * as store from './store.ts'

const letterName = (letter: string): string => (letter === ' ' ? 'space' : letter === '\n' ? 'line end' : letter)

/** What it writes now, character by character, and what it wrote before. */
export function Samples() {
  const [latest, ...older] = store.samples.value
  const at = useSignal<number | null>(null)
  const choice = latest?.choices[at.value ?? latest.choices.length - 1]
  const canWrite = ['idle', 'paused', 'finished'].includes(store.phase.value)
  return (
    <section class="card stack" aria-label="Sample">
      <div class="row spread">
        <h2>It writes</h2>
        <small class="num">{latest ? `at step ${whole(latest.step)}` : 'nothing yet'}</small>
      </div>
      <p
        class="sample"
        data-name="sample"
        tabIndex={0}
        role="group"
        aria-label="Sample text: arrows choose a character"
        onKeyDown={(event) => {
          const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key]
          if (by === undefined || !latest) return
          event.preventDefault()
          at.value = Math.min(latest.choices.length - 1, Math.max(0, (at.value ?? latest.choices.length - 1) + by))
        }}
      >
        <span class="muted">{latest?.prompt}</span>
        {latest?.choices.map(({ letter }, i) => (
          <span key={i} class={i === at.value ? 'here' : ''} onPointerEnter={() => (at.value = i)}>
            {letter}
          </span>
        ))}
      </p>
      <ol class="likely" aria-label="What was likely there">
        {choice?.likely.map(({ letter, share }) => (
          <li key={letter} class={letter === choice.letter ? 'best' : ''}>
            <span class="num">{letterName(letter)}</span>
            <span class="bar">
              <i style={{ transform: `scaleX(${share.toFixed(4)})` }} />
            </span>
            <span class="num">{share.toFixed(2)}</span>
          </li>
        ))}
      </ol>
      <div class="row">
        <Button icon={store.isWriting.value ? 'stop' : 'write'} onClick={store.write} disabled={!canWrite}>
          {store.isWriting.value ? 'Stop writing' : 'Write on'}
        </Button>
        <NumberBox
          field={store.schema.temperature}
          value={store.settings.value.temperature}
          onChange={(temperature) => store.change({ temperature })}
        />
      </div>
      <details>
        <summary>Before ({older.length})</summary>
        {older.map(({ step, prompt, choices }) => (
          <p key={step} class="sample old">
            <small class="num">{whole(step)}</small> {prompt}
            {choices.map(({ letter }) => letter).join('')}
          </p>
        ))}
      </details>
    </section>
  )
}
