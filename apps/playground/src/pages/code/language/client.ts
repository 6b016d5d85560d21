import { signal, type ReadonlySignal } from '@preact/signals'
import type { FromLanguage, Question, Questions } from './messages.ts'

export type LanguageState = 'off' | 'loading' | 'ready' | 'failed'
export interface Language {
  readonly state: ReadonlySignal<LanguageState>
  /** Why it could not be had. */
  readonly reason: ReadonlySignal<string>
  /** Loads the compiler, once: it weighs as much as all pages together, so not before a program is edited. */
  start(): void
  /** Null until it is ready, and where it is not there. */
  ask<Q extends Question>(question: Q, ask: Questions[Q]['ask']): Promise<Questions[Q]['answer'] | null>
}

const state = signal<LanguageState>('off')
const reason = signal('')
const waiting = new Map<number, (answer: unknown) => void>()
let worker: Worker | null = null
let last = 0

function fail(message: string): void {
  reason.value = message
  state.value = 'failed'
  worker?.terminate()
  worker = null
  for (const answer of waiting.values()) answer(null)
  waiting.clear()
}
function take(message: FromLanguage): void {
  if (message.type === 'ready') state.value = 'ready'
  else if (message.type === 'failed') fail(message.message)
  else {
    waiting.get(message.id)?.(message.answer)
    waiting.delete(message.id)
  }
}

/** What knows types, for every editor of the page. */
export const language: Language = {
  state,
  reason,
  start() {
    if (worker) return
    state.value = 'loading'
    worker = new Worker(new URL('./language.ts', import.meta.url), { type: 'module', name: 'language' })
    worker.addEventListener('message', ({ data }: MessageEvent<FromLanguage>) => take(data))
    worker.addEventListener('error', (event) => {
      event.preventDefault()
      fail(event.message || 'its worker has died')
    })
  },
  ask(question, ask) {
    if (!worker || state.value !== 'ready') return Promise.resolve(null)
    const id = ++last
    worker.postMessage({ id, question, ask })
    return new Promise((resolve) => waiting.set(id, resolve as (answer: unknown) => void))
  },
}
