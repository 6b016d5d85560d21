import { batch, signal } from '@preact/signals'
import { recall, remember } from '../../shell/memory.ts'
import { announce } from '../../shell/announce.ts'
import { choice, parseLink, words, type Schema } from '../../shell/link.ts'
import { note, route } from '../../shell/route.ts'
import { lastPlan } from '../../plan/last.ts'
import { LONGEST_LINK, packed, unpacked } from '../../shell/compress.ts'
import { EXAMPLES, textOf, type ExampleName } from './examples.ts'
import type { FromProgram, Part, ProgramFailure } from './protocol.ts'

export interface OutputLine {
  readonly key: number
  readonly level: 'log' | 'warn' | 'error'
  readonly parts: readonly Part[]
}
export type CodePhase = 'idle' | 'starting' | 'running' | 'finished' | 'failed' | 'stopped'

interface CodeSettings {
  readonly example: ExampleName
  readonly code: string
}
export const schema: Schema<CodeSettings> & { readonly example: ReturnType<typeof choice<ExampleName>> } = {
  example: choice<ExampleName>('Example', 'gradients', EXAMPLES),
  code: words('Program', '', LONGEST_LINK),
}

export const example = signal<ExampleName>('gradients')
export const text = signal(textOf('gradients'))
/** Grows when the text is replaced from outside of the editor. */
export const replaced = signal(0)
export const repairs = signal<readonly string[]>([])
export const phase = signal<CodePhase>('idle')
export const lines = signal<readonly OutputLine[]>([])
export const skipped = signal(0)
export const failure = signal<ProgramFailure | null>(null)
export const ms = signal<number | null>(null)
export const isLong = signal(false)

const KEY = 'gradloom program'
const FLUSH_MS = 50
let worker: Worker | null = null
let buffered: OutputLine[] = []
let flushing: ReturnType<typeof setTimeout> | undefined
let key = 0
/** Whether the page was opened before: then the text is the visitor's. */
let wasOpened = false

function flush(): void {
  flushing = undefined
  if (buffered.length === 0) return
  lines.value = [...lines.value, ...buffered]
  buffered = []
}

function take(message: FromProgram): void {
  if (message.type === 'started') phase.value = 'running'
  else if (message.type === 'plan') lastPlan.value = message.plan
  else if (message.type === 'line') {
    buffered.push({ key: key++, level: message.level, parts: message.parts })
    flushing ??= setTimeout(flush, FLUSH_MS)
  } else if (message.type === 'skipped') skipped.value = message.count
  else end(message.type === 'done' ? 'finished' : 'failed', message)
}

function end(how: CodePhase, message?: { readonly ms: number; readonly failure?: ProgramFailure }): void {
  worker?.terminate()
  worker = null
  batch(() => {
    flush()
    ms.value = message?.ms ?? null
    failure.value = message?.failure ?? null
    phase.value = how
  })
  announce(failure.value ? `Failed: ${failure.value.message}` : `The program has ${how}.`)
}

export function run(): void {
  // What is under way ends, and what it still has to say is dropped.
  worker?.terminate()
  remember(KEY, text.value)
  batch(() => {
    buffered = []
    lines.value = []
    skipped.value = 0
    failure.value = null
    ms.value = null
    phase.value = 'starting'
  })
  const fresh = new Worker(new URL('./program.ts', import.meta.url), { type: 'module', name: 'program' })
  worker = fresh
  fresh.addEventListener('message', ({ data }: MessageEvent<FromProgram>) => {
    // Programs may post what they like.
    if (fresh === worker && data?.type) take(data)
  })
  fresh.addEventListener('error', (event) => {
    event.preventDefault()
    if (fresh !== worker) return
    const message = event.message || 'the worker of the program has died without a reason'
    end('failed', { ms: 0, failure: { name: 'Error', code: '', message, line: null, stack: '' } })
  })
  fresh.postMessage(text.value)
}
export function stop(): void {
  if (worker) end('stopped')
}
export function clear(): void {
  lines.value = []
  skipped.value = 0
  failure.value = null
}

/** The text as it is now in the editor; into the link, where it is short enough. */
export function edit(next: string): void {
  text.value = next
  void keep(next)
}
async function keep(next: string): Promise<void> {
  if (next === textOf(example.value)) {
    isLong.value = false
    return note('code', example.value === schema.example.initial ? '' : `?v=1&example=${example.value}`)
  }
  const code = await packed(next)
  if (next !== text.value) return
  isLong.value = code.length > LONGEST_LINK
  remember(KEY, next)
  note('code', isLong.value ? '' : `?v=1&code=${code}`)
}

function show(next: string): void {
  text.value = next
  replaced.value++
}
export function choose(name: ExampleName): void {
  stop()
  batch(() => {
    example.value = name
    clear()
    phase.value = 'idle'
    show(textOf(name))
  })
  void keep(textOf(name))
}

/** Opens what a link asks for. It never runs by itself. */
export async function open(): Promise<void> {
  const isAgain = wasOpened
  wasOpened = true
  const { values, repairs: wrong } = parseLink(schema, route.value.params)
  repairs.value = wrong
  if (values.code) {
    const found = await unpacked(values.code)
    if (found === null) repairs.value = [...wrong, 'The program in the link is damaged; here is an example.']
    else if (found !== text.value) return show(found)
    else return
  }
  if (route.value.params.has('example') || values.code) {
    if (values.example !== example.value || text.value !== textOf(values.example)) choose(values.example)
    return
  }
  const before = isAgain ? null : recall(KEY)
  if (before !== null && before !== text.value) show(before)
}
