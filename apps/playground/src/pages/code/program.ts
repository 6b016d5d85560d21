// The worker that a program runs in: one a run. It ends with it, or is ended by the page.
import * as core from '@gradloom/core'
import * as extend from '@gradloom/core/extend'
import { transform } from 'sucrase'
import { failureOf } from '../../session/failure.ts'
import { frameOf, messageLine, PROGRAM } from './place.ts'
import { partOf } from './print.ts'
import type { FromProgram, Part, ProgramFailure } from './protocol.ts'

const MOST_LINES = 2000
/** How often the number of lines that were left out is told. */
const SKIPPED_MS = 200

/** What programs may import. */
const packages: Readonly<Record<string, () => Promise<object>>> = {
  gradloom: () => import('gradloom'),
  '@gradloom/core': async () => core,
  '@gradloom/core/extend': async () => extend,
  '@gradloom/ops': () => import('@gradloom/ops'),
  '@gradloom/nn': () => import('@gradloom/nn'),
  '@gradloom/optim': () => import('@gradloom/optim'),
  '@gradloom/io': () => import('@gradloom/io'),
  '@gradloom/backend-cpu': () => import('@gradloom/backend-cpu'),
}

const post = (message: FromProgram): void => (globalThis as unknown as Worker).postMessage(message)

let lines = 0
let skipped = 0
let toldAt = 0
function write(level: 'log' | 'warn' | 'error', parts: readonly Part[]): void {
  if (lines++ < MOST_LINES) return post({ type: 'line', level, parts })
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

type Body = (require: (name: string) => object, exports: object) => Promise<void>
const AsyncFunction = (async () => {}).constructor as new (...parts: string[]) => Body

/** Lines that the engine puts before a function's own first one: not all put the same. */
async function offset(): Promise<number> {
  try {
    await new AsyncFunction('require', 'exports', `throw new Error()\n//# sourceURL=${PROGRAM}`)(() => ({}), {})
  } catch (error) {
    return (frameOf((error as Error).stack ?? '') ?? 1) - 1
  }
  return 0
}

async function required(code: string): Promise<(name: string) => object> {
  const names = [...code.matchAll(/\brequire\('([^']+)'\)/g)].map(([, name]) => name)
  const loaded = new Map<string, object>()
  for (const name of new Set(names)) {
    if (!Object.hasOwn(packages, name))
      throw new TypeError(`'${name}' is not offered here; there are ${Object.keys(packages).join(', ')}`)
    loaded.set(name, await packages[name]())
  }
  return (name) => loaded.get(name) ?? {}
}

function programFailure(error: unknown, before: number): ProgramFailure {
  const failure = failureOf(error)
  const frame = frameOf(failure.stack)
  return { ...failure, line: frame === null ? messageLine(failure.message) : frame - before }
}

/** The plan with the most steps is what Graph shows. */
let largest: core.Plan | null = null
extend.ambient.onPlan = (plan) => {
  if (plan.steps.length > (largest?.steps.length ?? 0)) largest = plan
}

async function run(text: string): Promise<void> {
  const start = performance.now()
  const before = await offset()
  try {
    const { code } = transform(text, {
      transforms: ['typescript', 'imports'],
      preserveDynamicImport: true,
      filePath: PROGRAM,
    })
    const body = new AsyncFunction('require', 'exports', `${code}\n//# sourceURL=${PROGRAM}`)
    const require = await required(code)
    post({ type: 'started' })
    await body(require, {})
    if (largest) post({ type: 'plan', plan: largest })
    if (skipped) post({ type: 'skipped', count: skipped })
    post({ type: 'done', ms: performance.now() - start })
  } catch (error) {
    post({ type: 'failed', failure: programFailure(error, before), ms: performance.now() - start })
  }
}

addEventListener('message', ({ data }: MessageEvent<string>) => void run(data))
addEventListener('unhandledrejection', (event) => {
  const failure = failureOf(event.reason)
  write('error', [{ kind: 'text', text: `unhandled: ${failure.name}: ${failure.message}` }])
})
