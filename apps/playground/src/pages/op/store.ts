import { batch, computed, signal } from '@preact/signals'
import { announce } from '../../shell/announce.ts'
import { claimCores } from '../../shell/cores.ts'
import { LONGEST_LINK, packed, unpacked } from '../../shell/compress.ts'
import { alone } from '../../shell/isolation.ts'
import { choice, parseLink, words, type Choice, type Schema } from '../../shell/link.ts'
import { note, route } from '../../shell/route.ts'
import type { Part, ProgramFailure } from '../code/protocol.ts'
import { FAULTS, type Fault, type FromChecker, type StageName, type ToChecker } from './protocol.ts'
import { FORMULA, type Template } from './template.ts'

interface OpSettings {
  readonly fault: Fault
  readonly code: string
  readonly wgsl: string
}
export const schema: Schema<OpSettings> & { readonly fault: Choice<Fault> } = {
  fault: choice<Fault>('Fault in the gradient', 'none', FAULTS),
  code: words('Op', '', LONGEST_LINK),
  wgsl: words('WGSL', '', LONGEST_LINK),
}
export interface Found {
  readonly isRight: boolean | null
  readonly part: Part
}

export const text = signal(FORMULA.program)
export const wgsl = signal(FORMULA.wgsl)
/** Grows when the texts are replaced from outside of the editors. */
export const replaced = signal(0)
export const fault = signal<Fault>('none')
export const repairs = signal<readonly string[]>([])
export const phase = signal<'idle' | 'running' | 'finished' | 'failed' | 'stopped'>('idle')
export const found = signal<ReadonlyMap<StageName, Found>>(new Map())
export const failure = signal<ProgramFailure | null>(null)

let worker: Worker | null = null
function end(how: typeof phase.value, reason: ProgramFailure | null = null): void {
  worker?.terminate()
  worker = null
  batch(() => {
    failure.value = reason
    phase.value = how
  })
  announce(reason ? `Failed: ${reason.message}` : `The check has ${how}.`)
}

export function check(): void {
  worker?.terminate()
  claimCores()
  batch(() => {
    found.value = new Map()
    failure.value = null
    phase.value = 'running'
  })
  const fresh = new Worker(new URL('./checker.ts', import.meta.url), { type: 'module', name: 'checker' })
  worker = fresh
  fresh.addEventListener('message', ({ data }: MessageEvent<FromChecker>) => {
    if (fresh !== worker) return
    if (data.type === 'stage') found.value = new Map([...found.value, [data.name, data]])
    else if (data.type === 'failed') end('failed', data.failure)
    else end('finished')
  })
  fresh.addEventListener('error', (event) => {
    event.preventDefault()
    const message = event.message || 'the worker has died without a reason'
    if (fresh === worker) end('failed', { name: 'Error', code: '', message, line: null, stack: '' })
  })
  const threads = alone.value ? 1 : navigator.hardwareConcurrency
  fresh.postMessage({ text: text.value, wgsl: wgsl.value, fault: fault.value, threads } satisfies ToChecker)
}
export function stop(): void {
  if (worker) end('stopped')
}

async function keep(): Promise<void> {
  const params = new URLSearchParams()
  if (fault.value !== 'none') params.set('fault', fault.value)
  const [program, shader] = [text.value, wgsl.value]
  if (program !== FORMULA.program) params.set('code', await packed(program))
  if (shader !== FORMULA.wgsl) params.set('wgsl', await packed(shader))
  if (program !== text.value || shader !== wgsl.value) return
  const rest = params.toString()
  note('op', rest && rest.length <= LONGEST_LINK ? `?v=1&${rest}` : '')
}
export function edit(next: string): void {
  text.value = next
  void keep()
}
export function editWgsl(next: string): void {
  wgsl.value = next
  void keep()
}
export function plant(next: Fault): void {
  fault.value = next
  void keep()
}
function show(next: Template): void {
  batch(() => {
    text.value = next.program
    wgsl.value = next.wgsl
    replaced.value++
  })
}
export function restore(next: Template): void {
  stop()
  show(next)
  void keep()
}

export async function open(): Promise<void> {
  const { values, repairs: wrong } = parseLink(schema, route.value.params)
  repairs.value = wrong
  fault.value = values.fault
  if (!values.code && !values.wgsl) return
  const program = values.code ? await unpacked(values.code) : FORMULA.program
  const shader = values.wgsl ? await unpacked(values.wgsl) : FORMULA.wgsl
  if (program === null || shader === null)
    repairs.value = [...wrong, 'The op in the link is damaged; here is one that works.']
  else if (program !== text.value || shader !== wgsl.value) show({ program, wgsl: shader })
}

/** The line of the WGSL that the device refused, and what it said. */
export const refused = computed(() => {
  const part = found.value.get('webgpu value')?.part
  const line = part?.kind === 'text' && /line (\d+) "/.exec(part.text)
  return line ? { line: Number(line[1]), message: part.text } : null
})
