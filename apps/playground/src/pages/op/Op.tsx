import { useEffect, useRef } from 'preact/hooks'
import { useSignal } from '@preact/signals'
import { route } from '../../shell/route.ts'
import { Button, Repairs, Segments, Trouble } from '../../ui/controls.tsx'
import { Icon } from '../../ui/icons.tsx'
import { createEditor, createPlainEditor, type Editor } from '../code/editor.ts'
import type { Mistake } from '../code/language/messages.ts'
import { LanguageState } from '../code/language/State.tsx'
import { Shown } from '../code/Output.tsx'
import { STAGES } from './protocol.ts'
import * as store from './store.ts'
import { FORMULA, KERNEL } from './template.ts'
import '../code/code.css'
import './op.css'

export default function Op() {
  const place = useRef<HTMLDivElement>(null)
  const editor = useRef<Editor | null>(null)
  const wgslPlace = useRef<HTMLDivElement>(null)
  const wgsl = useRef<Editor | null>(null)
  const mistakes = useSignal<readonly Mistake[] | null>(null)
  const onMistakes = (found: readonly Mistake[] | null): void => {
    mistakes.value = found
  }
  useEffect(() => void store.open(), [route.value])
  useEffect(() => {
    editor.current = createEditor(place.current!, {
      text: store.text.value,
      onChange: store.edit,
      onRun: store.check,
      onMistakes,
    })
    wgsl.current = createPlainEditor(wgslPlace.current!, {
      text: store.wgsl.value,
      onChange: store.editWgsl,
      onRun: store.check,
      label: 'WGSL',
      hint: 'No kernel: the op is a formula, or decomposed.',
    })
    return () => {
      editor.current?.destroy()
      wgsl.current?.destroy()
      store.stop()
    }
  }, [])
  useEffect(() => {
    if (editor.current && editor.current.text !== store.text.value) editor.current.replace(store.text.value)
    if (wgsl.current && wgsl.current.text !== store.wgsl.value) wgsl.current.replace(store.wgsl.value)
  }, [store.replaced.value])
  const { value: refused } = store.refused
  useEffect(() => {
    if (refused) wgsl.current?.mark(refused.line, refused.message)
    else wgsl.current?.unmark()
  }, [refused])
  const { value: failure } = store.failure
  useEffect(() => {
    if (failure && failure.line !== null) editor.current?.mark(failure.line, failure.message)
    else editor.current?.unmark()
  }, [failure])
  const { value: phase } = store.phase
  const isRunning = phase === 'running'
  return (
    <div class="stack">
      <h2 class="hidden">Op</h2>
      <Repairs list={store.repairs} />
      <div class="row bar-of-controls">
        <Button icon={isRunning ? 'stop' : 'play'} isMain onClick={isRunning ? store.stop : store.check}>
          {isRunning ? 'Stop' : 'Check'}
        </Button>
        <Segments field={store.schema.fault} value={store.fault.value} onChange={store.plant} />
        <Button icon="reset" onClick={() => store.restore(FORMULA)}>
          The op that works
        </Button>
        <Button icon="reset" onClick={() => store.restore(KERNEL)}>
          One with WGSL
        </Button>
      </div>
      <div class="code op">
        <div>
          <div ref={place} class="card editor" />
          <div class="row spread">
            <small>Esc, then Tab, leaves the editor. Ctrl and Enter checks.</small>
            <LanguageState mistakes={mistakes} />
          </div>
          <h2>WGSL, given to the program’s plugin</h2>
          <div ref={wgslPlace} class="card editor" />
        </div>
        <section class="card output" aria-label="Checks">
          <div class="row spread">
            <h2>Checks</h2>
            <span class="muted" data-name="op">
              {phase}
            </span>
          </div>
          <ol class="stages">
            {STAGES.map(([name, words]) => (
              <Stage key={name} words={words} found={store.found.value.get(name)} />
            ))}
          </ol>
          {refused && (
            <Button onClick={() => wgsl.current?.goTo(refused.line)}>Go to line {refused.line} of the WGSL</Button>
          )}
          {failure && (
            <Trouble
              actions={
                failure.line !== null && (
                  <Button onClick={() => editor.current?.goTo(failure.line!)}>Go to line {failure.line}</Button>
                )
              }
            >
              {failure.name}
              {failure.line !== null && `, line ${failure.line}`}: {failure.message}
            </Trouble>
          )}
        </section>
      </div>
    </div>
  )
}

function Stage({ words, found }: { readonly words: string; readonly found?: store.Found }) {
  const state = !found ? 'open' : found.isRight === null ? 'not here' : found.isRight ? 'right' : 'wrong'
  return (
    <li class={found?.isRight === false ? 'wrong' : ''}>
      <b>
        {found && <Icon name={found.isRight === null ? 'info' : found.isRight ? 'check' : 'alert'} />} {words}
        <span class="hidden">: {state}</span>
      </b>
      {found ? <Shown part={found.part} /> : <span class="muted">–</span>}
    </li>
  )
}
