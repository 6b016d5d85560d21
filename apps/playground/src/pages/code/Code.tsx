import { useEffect, useRef } from 'preact/hooks'
import { computed, useSignal } from '@preact/signals'
import { lastPlan } from '../../plan/last.ts'
import { go, route } from '../../shell/route.ts'
import { Button, Repairs, Select } from '../../ui/controls.tsx'
import { createEditor, type Editor } from './editor.ts'
import type { Mistake } from './language/messages.ts'
import { LanguageState } from './language/State.tsx'
import { Output } from './Output.tsx'
import * as store from './store.ts'
import './code.css'

const isBusy = computed(() => store.phase.value === 'running' || store.phase.value === 'starting')

export default function Code() {
  const place = useRef<HTMLDivElement>(null)
  const editor = useRef<Editor | null>(null)
  const mistakes = useSignal<readonly Mistake[] | null>(null)
  const onMistakes = (found: readonly Mistake[] | null): void => {
    mistakes.value = found
  }
  useEffect(() => void store.open(), [route.value])
  useEffect(() => {
    editor.current = createEditor(place.current!, {
      text: store.text.value,
      onChange: store.edit,
      onRun: store.run,
      onMistakes,
    })
    return () => {
      editor.current?.destroy()
      store.stop()
    }
  }, [])
  useEffect(() => {
    if (editor.current && editor.current.text !== store.text.value) editor.current.replace(store.text.value)
  }, [store.replaced.value])
  const { value: failure } = store.failure
  useEffect(() => {
    if (failure && failure.line !== null) editor.current?.mark(failure.line, failure.message)
    else editor.current?.unmark()
  }, [failure])
  return (
    <div class="stack">
      <h2 class="hidden">Code</h2>
      <Repairs list={store.repairs} />
      <div class="row code-bar">
        <Select field={store.schema.example} value={store.example.value} onChange={store.choose} />
        <Button icon="play" isMain onClick={store.run} shortcut="Control+Enter">
          Run
        </Button>
        <Button icon="stop" onClick={store.stop} disabled={!isBusy.value}>
          Stop
        </Button>
        {lastPlan.value && (
          <Button icon="graph" onClick={() => go('graph', '?v=1&model=code')} disabled={isBusy.value}>
            Its plan
          </Button>
        )}
        {store.isLong.value && <small>Too long for a link: this browser keeps it.</small>}
      </div>
      <div class="code">
        <div>
          <div ref={place} class="card editor" />
          <div class="row spread">
            <small>Esc, then Tab, leaves the editor. Everything runs in a worker on this machine.</small>
            <LanguageState mistakes={mistakes} />
          </div>
        </div>
        <Output onGo={(line) => editor.current?.goTo(line)} />
      </div>
    </div>
  )
}
