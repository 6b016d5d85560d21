import { batch, computed, effect, signal } from '@preact/signals'
import { addPoint, createCurve } from '../../chart/column.ts'
import type { Failure, Memory, Phase } from '../../session/messages.ts'
import { saveBlob } from '../../chart/save.ts'
import { announce } from '../../shell/announce.ts'
import {
  choice,
  parseLink,
  printLink,
  realNumber,
  wholeNumber,
  words,
  type Choice as Options,
  type Range,
  type Schema,
} from '../../shell/link.ts'
import { whenClaimed } from '../../shell/cores.ts'
import { BACKENDS } from '../../session/settings.ts'
import { note, route } from '../../shell/route.ts'
import type { Attention, Choice, FromWriter, ToWriter, WriteSettings } from '../../write/messages.ts'

interface Shown extends WriteSettings {
  readonly sentence: string
}
type NumberName = Exclude<keyof WriteSettings, 'backend'>
export const schema: Schema<Shown> & { readonly [K in NumberName]: Range } & { readonly backend: Options<string> } = {
  blocks: wholeNumber('Layers', 2, [1, 6]),
  heads: wholeNumber('Heads', 2, [1, 8]),
  width: wholeNumber('Width', 64, [8, 256]),
  context: wholeNumber('Context', 48, [8, 128]),
  batch: wholeNumber('Batch', 16, [1, 256]),
  rate: realNumber('Rate', 0.004, [1e-6, 1]),
  stop: wholeNumber('Steps', 2000, [1, 1_000_000]),
  temperature: realNumber('Temperature', 0.8, [0, 4]),
  seed: wholeNumber('Seed', 7, [0, 1_000_000]),
  backend: choice<string>('Backend', 'cpu', BACKENDS),
  sentence: words('Sentence', 'And God said, Let there be light', 128),
}
export const NUMBERS: readonly NumberName[] = ['blocks', 'heads', 'width', 'context', 'batch', 'rate', 'stop', 'seed']

/** A text that was written, with what else was likely at each character. */
export interface Sample {
  readonly step: number
  readonly prompt: string
  readonly choices: readonly Choice[]
}

export const settings = signal<Shown>(parseLink(schema, new URLSearchParams()).values)
export const repairs = signal<readonly string[]>([])
export const phase = signal<Phase>('starting')
export const step = signal(0)
export const stopAt = signal(0)
export const parameters = signal<number | null>(null)
/** Why the backend that was chosen does not compute. */
export const absent = signal<string | null>(null)
export const loss = signal<number | null>(null)
export const testLoss = signal<number | null>(null)
export const stepMs = signal<number | null>(null)
export const perSecond = signal<number | null>(null)
export const leftMs = signal<number | null>(null)
export const memory = signal<Memory | null>(null)
export const failure = signal<Failure | null>(null)
/** Why a file of weights was not loaded. */
export const refused = signal<readonly string[]>([])
export const samples = signal<readonly Sample[]>([])
export const attention = signal<Attention | null>(null)
export const chosen = signal<{ readonly block: number; readonly head: number }>({ block: 0, head: 0 })
/** The character whose row is shown. */
export const row = signal<number | null>(null)
export const isWriting = signal(false)
export const curvesVersion = signal(0)
export let trainCurve = createCurve()
export let testCurve = createCurve()

const opened = signal<Shown | null>(null)
/** What a run depends on: the others are taken at once. */
const trainedBy = (shown: Shown): string => JSON.stringify({ ...shown, temperature: 0, sentence: '' })
export const isStale = computed(() => opened.value !== null && trainedBy(opened.value) !== trainedBy(settings.value))
const SAMPLES_KEPT = 6
/** Letters of a sample that are shown: the last ones. */
const LONGEST = 600
const BITS = Math.LOG2E

let worker: Worker | null = null
let run = 0
let wantsRun = false
const send = (message: ToWriter): void => worker?.postMessage(message)

function start(): Worker {
  const fresh = new Worker(new URL('../../write/writer.ts', import.meta.url), { type: 'module', name: 'writer' })
  fresh.addEventListener('message', ({ data }: MessageEvent<FromWriter>) => {
    if (fresh === worker && data.run === run) batch(() => take(data))
  })
  fresh.addEventListener('error', (event) => {
    event.preventDefault()
    if (fresh !== worker) return
    fresh.terminate()
    worker = null
    failed({
      name: 'WorkerError',
      code: 'WORKER',
      message: `The worker has died: ${event.message || 'no reason'}.`,
      stack: '',
    })
  })
  return fresh
}
function failed(reason: Failure): void {
  batch(() => {
    failure.value = reason
    phase.value = 'failed'
    isWriting.value = false
  })
  announce(`Failed: ${reason.message}`)
}

function take(event: FromWriter): void {
  if (event.type === 'opened') {
    parameters.value = event.parameters
    absent.value = event.absent
  } else if (event.type === 'phase') takePhase(event.phase, event.step)
  else if (event.type === 'telemetry') takeTelemetry(event)
  else if (event.type === 'sample')
    samples.value = [{ step: event.step, prompt: event.prompt, choices: [] }, ...samples.value].slice(0, SAMPLES_KEPT)
  else if (event.type === 'letters') {
    const [latest, ...older] = samples.value
    if (latest)
      samples.value = [{ ...latest, choices: [...latest.choices, ...event.choices].slice(-LONGEST) }, ...older]
  } else if (event.type === 'attention') {
    attention.value = event.attention
    if (row.value !== null && row.value >= event.attention.letters.length) row.value = null
  } else if (event.type === 'saved') saveBlob('weights.safetensors', new Blob([event.bytes]))
  else if (event.type === 'loaded') announce('The weights are loaded.')
  else if (event.type === 'refused') refused.value = [event.message]
  else failed(event.failure)
}

function takePhase(next: Phase, at: number): void {
  phase.value = next
  step.value = at
  const words: Partial<Record<Phase, string>> = {
    running: 'Training goes on.',
    paused: `Paused at step ${at}.`,
    finished: `Finished at step ${at}.`,
  }
  if (words[next]) announce(words[next])
  if (next !== 'idle' || !wantsRun) return
  wantsRun = false
  send({ type: 'run' })
}

function takeTelemetry(event: Extract<FromWriter, { type: 'telemetry' }>): void {
  const { losses, test, wallMs } = event
  const first = event.step - losses.length
  losses.forEach((value, i) => addPoint(trainCurve, first + i + 1, value * BITS))
  step.value = event.step
  memory.value = event.memory
  if (losses.length) {
    const { batch: size, context } = opened.value ?? settings.value
    loss.value = losses[losses.length - 1] * BITS
    stepMs.value = event.stepMs / losses.length
    const wall = Math.max(wallMs, event.stepMs)
    perSecond.value = (losses.length * size * context * 1000) / wall
    leftMs.value = ((stopAt.value - event.step) * wall) / losses.length
  }
  if (test) {
    testLoss.value = test.loss * BITS
    addPoint(testCurve, test.step, test.loss * BITS)
  }
  curvesVersion.value++
  send({ type: 'seen', seq: event.seq })
}

export function reset(andRun = false): void {
  run++
  wantsRun = andRun
  trainCurve = createCurve()
  testCurve = createCurve()
  // Heads share the width.
  const { width, heads } = settings.value
  if (width % heads) settings.value = { ...settings.value, width: Math.ceil(width / heads) * heads }
  batch(() => {
    opened.value = settings.value
    phase.value = 'starting'
    step.value = 0
    stopAt.value = settings.value.stop
    for (const one of [failure, loss, testLoss, stepMs, perSecond, leftMs, attention, row]) one.value = null
    samples.value = []
    chosen.value = { block: 0, head: 0 }
    isWriting.value = false
    curvesVersion.value++
  })
  worker ??= start()
  const { sentence, ...rest } = settings.value
  send({ type: 'open', run, settings: rest, sentence })
}
export function toggle(): void {
  isWriting.value = false
  if (phase.value === 'running') send({ type: 'pause' })
  else if (isStale.value || phase.value === 'failed') reset(true)
  else if (phase.value === 'finished') {
    stopAt.value += settings.value.stop
    send({ type: 'extend', steps: settings.value.stop })
  } else if (phase.value === 'starting') wantsRun = true
  else send({ type: 'run' })
}
export function stepOnce(): void {
  if (phase.value === 'idle' || phase.value === 'paused') send({ type: 'step' })
}
export function write(): void {
  isWriting.value = !isWriting.value
  send({ type: isWriting.value ? 'write' : 'hush' })
}
export const saveWeights = (): void => send({ type: 'save' })
export async function loadWeights(file: File): Promise<void> {
  refused.value = []
  send({ type: 'load', bytes: new Uint8Array(await file.arrayBuffer()) })
}
export function change(changes: Partial<Shown>): void {
  settings.value = { ...settings.value, ...changes }
  if (changes.sentence !== undefined) send({ type: 'sentence', text: changes.sentence })
  if (changes.temperature !== undefined) send({ type: 'temperature', value: changes.temperature })
}

const calm = matchMedia('(prefers-reduced-motion: reduce)')
export function open(): () => void {
  const { values, repairs: wrong } = parseLink(schema, route.value.params)
  const isNew = opened.value === null || trainedBy(values) !== trainedBy(settings.value)
  batch(() => {
    settings.value = values
    repairs.value = wrong
  })
  if (isNew) reset(!calm.matches)
  return effect(() => note('write', printLink(schema, settings.value)))
}

whenClaimed(() => send({ type: 'pause' }))
