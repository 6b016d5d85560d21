// The worker that a program runs in: one a run. It ends with it, or is ended by the page.
import type { Plan } from '@gradloom/core'
import { ambient } from '@gradloom/core/extend'
import { failureOf } from '../../session/failure.ts'
import { execute, programFailure } from './execute.ts'
import { partOf } from './print.ts'
import type { FromProgram, Part } from './protocol.ts'

const MOST_LINES = 2000
/** Characters of all lines. */
const MOST_TEXT = 1_000_000
/** How often the number of lines that were left out is told. */
const SKIPPED_MS = 200

const post = (message: FromProgram): void => (globalThis as unknown as Worker).postMessage(message)

let lines = 0
let written = 0
let skipped = 0
let toldAt = 0
function write(level: 'log' | 'warn' | 'error', parts: readonly Part[]): void {
  for (const part of parts) written += part.text.length
  if (lines++ < MOST_LINES && written <= MOST_TEXT) return post({ type: 'line', level, parts })
  skipped++
  const now = performance.now()
  if (now - toldAt < SKIPPED_MS) return
  toldAt = now
  post({ type: 'skipped', count: skipped })
}
const writer =
  (level: 'log' | 'warn' | 'error') =>
  (...values: readonly unknown[]): void =>
    write(level, joined(values.map(partOf)))
/** Texts that follow one another are one. */
function joined(parts: readonly Part[]): readonly Part[] {
  const all: Part[] = []
  for (const part of parts) {
    const before = all.at(-1)
    if (before?.kind === 'text' && part.kind === 'text')
      all[all.length - 1] = { kind: 'text', text: `${before.text} ${part.text}` }
    else all.push(part)
  }
  return all
}
/** The console of programs; what packages write to theirs is shown too. */
const shown = {
  log: writer('log'),
  info: writer('log'),
  debug: writer('log'),
  table: writer('log'),
  warn: writer('warn'),
  error: writer('error'),
}
Object.assign(console, shown)

/** The plan with the most steps is what Graph shows. */
let largest: Plan | null = null
ambient.onPlan = (plan) => {
  if (plan.steps.length > (largest?.steps.length ?? 0)) largest = plan
}

async function run(text: string): Promise<void> {
  const start = performance.now()
  try {
    await execute(text, { onRead: () => post({ type: 'started' }) })
    if (largest) post({ type: 'plan', plan: largest })
    if (skipped) post({ type: 'skipped', count: skipped })
    post({ type: 'done', ms: performance.now() - start })
  } catch (error) {
    const ms = performance.now() - start
    post({ type: 'failed', failure: await programFailure(error), ms })
  }
}

addEventListener('message', ({ data }: MessageEvent<string>) => void run(data))
addEventListener('unhandledrejection', (event) => {
  const failure = failureOf(event.reason)
  write('error', [{ kind: 'text', text: `unhandled: ${failure.name}: ${failure.message}` }])
})
