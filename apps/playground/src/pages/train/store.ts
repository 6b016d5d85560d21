import { batch, computed, effect, signal } from '@preact/signals'
import { addPoint, createCurve, last, type Curve } from '../../chart/column.ts'
import type { Failure, FromSession, Memory, Phase, Test, Tiles, ToSession } from '../../session/messages.ts'
import type { TrainSettings } from '../../session/settings.ts'
import { parseLink, printLink } from '../../shell/link.ts'
import { whenClaimed } from '../../shell/cores.ts'
import { note, route } from '../../shell/route.ts'
import { announce } from '../../shell/announce.ts'
import { isSlow } from '../../shell/observers.ts'
import { difference, same, schemaFor } from './schema.ts'

/** A run that is over, or was left. */
export interface PastRun {
  readonly number: number
  readonly settings: TrainSettings
  readonly changed: string
  readonly accuracy: number | null
  readonly steps: number
  readonly seconds: number
  readonly loss: Curve
  readonly accuracies: Curve
}
export interface Plane {
  readonly points: Float32Array
  readonly classes: Int32Array
  readonly testFrom: number
}

const RUNS_SHOWN = 3

export const settings = signal<TrainSettings>(parseLink(schemaFor(null), new URLSearchParams()).values)
export const repairs = signal<readonly string[]>([])
export const phase = signal<Phase>('starting')
export const step = signal(0)
export const stopAt = signal(0)
export const parameters = signal<number | null>(null)
/** Why the backend that was chosen does not compute. */
export const absent = signal<string | null>(null)
export const test = signal<Test | null>(null)
export const stepMs = signal<number | null>(null)
export const samplesPerSecond = signal<number | null>(null)
export const leftMs = signal<number | null>(null)
export const memory = signal<Memory | null>(null)
export const loading = signal<{ readonly done: number; readonly total: number } | null>(null)
export const failure = signal<Failure | null>(null)
/** Why a file of weights was not loaded. */
export const refused = signal<readonly string[]>([])
export const plane = signal<Plane | null>(null)
export const prediction = signal<Float32Array | null>(null)
export const runs = signal<readonly PastRun[]>([])
export const overlaid = signal<ReadonlySet<number>>(new Set())
/** Grows with every event that the curves show, and with every picture. */
export const curvesVersion = signal(0)
export const picturesVersion = signal(0)
export const isLog = signal(false)
export const selectedTile = signal<number | null>(null)

/** What pictures are drawn of: large, and replaced as a whole. */
export const pictures: { boundary: Float32Array<ArrayBuffer> | null; tiles: Tiles | null; step: number } = {
  boundary: null,
  tiles: null,
  step: 0,
}
export let trainLoss = createCurve()
export let testLoss = createCurve()
export let testAccuracy = createCurve()

/** The settings of the run that is open; null before the first one. */
const opened = signal<TrainSettings | null>(null)
export const isStale = computed(() => opened.value !== null && !same(opened.value, settings.value))
export const lastLoss = signal<number | null>(null)

let worker: Worker | null = null
let run = 0
let begun = 0
let spentMs = 0
let wantsRun = false
let previous: TrainSettings | null = null

function send(message: ToSession, transfer: Transferable[] = []): void {
  worker?.postMessage(message, transfer)
}

function start(): Worker {
  const fresh = new Worker(new URL('../../session/session.ts', import.meta.url), { type: 'module', name: 'session' })
  fresh.addEventListener('message', ({ data }: MessageEvent<FromSession>) => {
    // Those of an earlier run come too late.
    if (fresh === worker && data.run === run) batch(() => take(data))
  })
  fresh.addEventListener('error', (event) => {
    event.preventDefault()
    if (fresh !== worker) return
    fresh.terminate()
    worker = null
    const message = `The worker that trains has died: ${event.message || 'it gave no reason'}.`
    failed({ name: 'WorkerError', code: 'WORKER', message, stack: '' })
  })
  return fresh
}

function failed(reason: Failure): void {
  batch(() => {
    keepTime()
    failure.value = reason
    phase.value = 'failed'
  })
  announce(`Failed: ${reason.message}`)
}

function keepTime(): void {
  if (phase.value === 'running') spentMs += performance.now() - begun
}

function take(event: FromSession): void {
  if (event.type === 'loading') loading.value = { done: event.done, total: event.total }
  else if (event.type === 'opened') {
    loading.value = null
    parameters.value = event.parameters
    absent.value = event.absent
    plane.value =
      event.points && event.classes ? { points: event.points, classes: event.classes, testFrom: event.testFrom } : null
  } else if (event.type === 'phase') takePhase(event.phase, event.step)
  else if (event.type === 'telemetry') takeTelemetry(event)
  else if (event.type === 'pictures') {
    pictures.boundary = event.boundary
    pictures.tiles = event.tiles
    pictures.step = event.step
    picturesVersion.value++
  } else if (event.type === 'prediction') prediction.value = event.scores
  else if (event.type === 'saved') void save(event.bytes)
  else if (event.type === 'loaded') announce('The weights are loaded.')
  else if (event.type === 'refused') refused.value = [event.message]
  else failed(event.failure)
}

async function save(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const { saveBlob } = await import('../../chart/save.ts')
  saveBlob('weights.safetensors', new Blob([bytes]))
}

function takePhase(next: Phase, at: number): void {
  if (phase.value !== 'running' && next === 'running') begun = performance.now()
  if (next !== 'running') keepTime()
  phase.value = next
  step.value = at
  const words: Partial<Record<Phase, string>> = {
    running: 'Training goes on.',
    paused: `Paused at step ${at}.`,
    finished: `Finished at step ${at}.`,
  }
  if (words[next]) announce(words[next])
  if (next === 'finished') leftMs.value = null
  if (next === 'idle' && wantsRun) {
    wantsRun = false
    send({ type: 'run' })
  }
}

function takeTelemetry(event: Extract<FromSession, { type: 'telemetry' }>): void {
  const { losses, test: measured, stepMs: ms, wallMs } = event
  const first = event.step - losses.length
  losses.forEach((value, i) => addPoint(trainLoss, first + i + 1, value))
  step.value = event.step
  memory.value = event.memory
  if (losses.length) {
    lastLoss.value = losses[losses.length - 1]
    stepMs.value = ms / losses.length
    samplesPerSecond.value = (losses.length * rowsOfStep() * 1000) / Math.max(wallMs, ms)
    leftMs.value = ((stopAt.value - event.step) * Math.max(wallMs, ms)) / losses.length
  }
  if (measured) {
    test.value = measured
    addPoint(testLoss, measured.step, measured.loss)
    addPoint(testAccuracy, measured.step, measured.accuracy)
  }
  curvesVersion.value++
  const answer = (): void => send({ type: 'seen', seq: event.seq })
  if (isSlow.value) setTimeout(answer, 200)
  else answer()
}

/** Of a batch that is larger than its data there is no more than these. */
const rowsOfStep = (): number => Math.min(settingsOpen().batch, plane.value?.testFrom ?? Infinity)
const settingsOpen = (): TrainSettings => opened.value ?? settings.value

/** Puts the run that is open on the list of runs, where it got anywhere. */
function keepRun(): void {
  const was = opened.value
  if (!was || trainLoss.steps.length === 0) return
  keepTime()
  const past: PastRun = {
    number: runs.value.length ? runs.value[0].number + 1 : 1,
    settings: was,
    changed: previous ? difference(previous, was) : 'the first run',
    accuracy: last(testAccuracy),
    steps: step.value,
    seconds: spentMs / 1000,
    loss: testLoss,
    accuracies: testAccuracy,
  }
  previous = was
  runs.value = [past, ...runs.value]
}

/** A new run with the settings as they are; `andRun` starts it once it is open. */
export function reset(andRun = false): void {
  keepRun()
  run++
  wantsRun = andRun
  spentMs = 0
  trainLoss = createCurve()
  testLoss = createCurve()
  testAccuracy = createCurve()
  batch(() => {
    opened.value = settings.value
    phase.value = 'starting'
    step.value = 0
    stopAt.value = settings.value.stop
    failure.value = null
    test.value = null
    lastLoss.value = null
    stepMs.value = null
    samplesPerSecond.value = null
    leftMs.value = null
    loading.value = null
    prediction.value = null
    selectedTile.value = null
    curvesVersion.value++
  })
  worker ??= start()
  send({ type: 'open', run, settings: settings.value })
}

export function toggle(): void {
  if (phase.value === 'running') send({ type: 'pause' })
  else if (isStale.value || phase.value === 'failed') reset(true)
  else if (phase.value === 'finished') goOn()
  else if (phase.value === 'starting') wantsRun = true
  else send({ type: 'run' })
}
/** Goes on where a device was lost, on another. */
export function recover(): void {
  failure.value = null
  send({ type: 'recover' })
}
export function stepOnce(): void {
  if (phase.value === 'idle' || phase.value === 'paused') send({ type: 'step' })
}
/** As many steps more as the settings ask for. */
export function goOn(): void {
  stopAt.value += settingsOpen().stop
  send({ type: 'extend', steps: settingsOpen().stop })
}
export function draw(image: Float32Array): void {
  send({ type: 'draw', image })
}
export const saveWeights = (): void => send({ type: 'save' })
export async function loadWeights(file: File): Promise<void> {
  refused.value = []
  const bytes = new Uint8Array(await file.arrayBuffer())
  send({ type: 'load', bytes }, [bytes.buffer])
}

/** A run's settings once more. */
export function use(past: PastRun): void {
  settings.value = past.settings
}
export function overlay(number: number): void {
  const next = new Set(overlaid.value)
  if (!next.delete(number)) next.add(number)
  overlaid.value = new Set([...next].slice(-RUNS_SHOWN))
  curvesVersion.value++
}

/** Changes settings. Another data set brings its defaults along. */
export function change(changes: Partial<TrainSettings>): void {
  if (changes.data && changes.data !== settings.value.data) {
    const { backend, threads: chosen, seed } = settings.value
    const { values } = parseLink(schemaFor(changes.data), new URLSearchParams({ data: changes.data }))
    settings.value = { ...values, backend, threads: chosen, seed, ...changes }
  } else settings.value = { ...settings.value, ...changes }
  // Before the first step there is nothing to lose.
  if ((phase.value === 'idle' || phase.value === 'starting') && step.value === 0) reset(wantsRun)
}

const calm = matchMedia('(prefers-reduced-motion: reduce)')

/** Opens what a link asks for. */
export function open(): () => void {
  const { params } = route.value
  const parsed = parseLink(schemaFor(params.get('data')), params)
  const isNew = opened.value === null || !same(parsed.values, settings.value)
  batch(() => {
    settings.value = parsed.values
    repairs.value = parsed.repairs
  })
  if (isNew) reset(!calm.matches)
  return effect(() => note('train', printLink(schemaFor(settings.value.data), settings.value)))
}

whenClaimed(() => send({ type: 'pause' }))
