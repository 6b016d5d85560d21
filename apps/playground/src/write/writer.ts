// The worker of Write: it trains, writes as it learns, and tells whom the characters of a sentence look at.
import { failureOf } from '../session/failure.ts'
import type { Phase } from '../session/messages.ts'
import { takeStep, type Counts } from '../session/step.ts'
import { createTurns } from '../session/turns.ts'
import { createYield } from '../session/yield.ts'
import { loadText, type Text } from './text.ts'
import { openWriter, type Writer } from './model.ts'
import type { FromWriter, ToWriter, WriteSettings } from './messages.ts'

const TELEMETRY_MS = 100
const SAMPLE_MS = 2000
/** Of the time of training, samples and pictures take at most this share. */
const SAMPLE_SHARE = 0.25
const SAMPLE_LENGTH = 120
const PART_LENGTH = 8
const SLICE_MS = 10
/** Between letters that are read while they are written. */
const LETTER_MS = 30
const PROMPT = 'And God said'

const post = (message: FromWriter, transfer: readonly ArrayBuffer[] = []): void =>
  (globalThis as unknown as { postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void }).postMessage(
    message,
    transfer,
  )
const now = (): number => performance.now()
const yieldNow = createYield()

/** A run that is open, and what of it was not told yet. */
interface Open extends Counts {
  readonly id: number
  readonly writer: Writer
  /** The step at which it ends. */
  stop: number
  /** The last one, until it is told. */
  test: { step: number; loss: number } | null
  /** When the page was told last. */
  since: number
  /** The time of all samples. */
  sampleMs: number
  /** When the last one was made. */
  sampledAt: number
}
let text: Promise<Text> | undefined
let current: Open | null = null
let newest = 0
let isRunning = false
let isWriting = false
let temperature = 0.8
let sentence = PROMPT
let written = PROMPT
let seq = 0
let seen = 0

const phase = ({ id, step }: Open, to: Phase): void => post({ type: 'phase', run: id, phase: to, step })
function fail(run: number, step: number, error: unknown): void {
  // One that was left stops none but itself.
  if (run === current?.id) isRunning = isWriting = false
  post({ type: 'failed', run, step, failure: failureOf(error) })
}

const { between, answer } = createTurns<Open>({
  current: () => current,
  isRunning: () => isRunning,
  fail: ({ id, step }, error) => fail(id, step, error),
})

async function open(id: number, settings: WriteSettings): Promise<void> {
  newest = id
  isRunning = false
  isWriting = false
  const old = current
  current = null
  await old?.writer.close()
  try {
    text ??= loadText()
    const loaded = await text.catch((error: unknown) => {
      text = undefined
      throw error
    })
    const writer = await openWriter(settings, loaded)
    if (id !== newest) return await writer.close()
    temperature = settings.temperature
    const run: Open = {
      id,
      writer,
      stop: settings.stop,
      step: 0,
      losses: [],
      test: null,
      stepMs: 0,
      since: now(),
      workMs: 0,
      sampleMs: 0,
      sampledAt: -Infinity,
    }
    current = run
    post({ type: 'opened', run: id, parameters: writer.parameters, absent: writer.absent })
    await show(run)
    telemetry(run, true)
    phase(run, 'idle')
  } catch (error) {
    if (id === newest) fail(id, 0, error)
  }
}

/** A sample, the attention and the loss on text that was kept apart. */
async function show(run: Open): Promise<void> {
  const start = now()
  run.test = { step: run.step, loss: await run.writer.test() }
  await attend(run)
  await sample(run, SAMPLE_LENGTH)
  run.sampleMs += now() - start
  run.sampledAt = now()
}

async function attend(run: Open): Promise<void> {
  const attention = { step: run.step, ...(await run.writer.attention(sentence)) }
  post({ type: 'attention', run: run.id, attention }, [attention.weights.buffer])
}

async function sample(run: Open, length: number): Promise<void> {
  post({ type: 'sample', run: run.id, step: run.step, prompt: PROMPT })
  written = PROMPT
  for (let done = 0; done < length && run === current; done += PART_LENGTH) await letters(run, PART_LENGTH)
}

async function letters(run: Open, count: number): Promise<void> {
  const choices = []
  for (let i = 0; i < count; i++) {
    const choice = await run.writer.next(written, temperature)
    written += choice.letter
    choices.push(choice)
  }
  post({ type: 'letters', run: run.id, choices })
}

/** On and on, after what is there, until it is hushed. */
async function writeOn(run: Open): Promise<void> {
  if (isWriting) return
  isWriting = true
  try {
    while (isWriting && run === current && !isRunning) {
      await letters(run, 1)
      await new Promise((resolve) => setTimeout(resolve, LETTER_MS))
    }
  } catch (error) {
    if (run === current) fail(run.id, run.step, error)
  }
  isWriting = false
}

function telemetry(run: Open, isUrgent = false): void {
  if (!isUrgent && seq - seen >= 2) return
  const losses = Float32Array.from(run.losses)
  const at = now()
  const { test, stepMs, since, step, writer } = run
  seq++
  post(
    { type: 'telemetry', run: run.id, seq, step, losses, test, stepMs, wallMs: at - since, memory: writer.memory() },
    [losses.buffer],
  )
  run.losses = []
  run.test = null
  run.stepMs = 0
  run.since = at
}

/** @returns whether training can go on */
async function oneStep(run: Open): Promise<boolean> {
  const error = await takeStep(run, () => run.writer.step())
  if (!error) return true
  telemetry(run, true)
  fail(run.id, run.step, error)
  return false
}

/** Whoever starts it again meanwhile has the last word. */
async function rest(run: Open, to: Phase): Promise<void> {
  if (run !== current) return
  isRunning = false
  // Before the sample, whose time is not that of steps.
  telemetry(run, true)
  await show(run)
  telemetry(run, true)
  if (!isRunning) phase(run, to)
}

const isOn = (run: Open): boolean => isRunning && run === current

async function loop(run: Open): Promise<void> {
  run.since = now()
  let sliceEnd = now() + SLICE_MS
  try {
    while (isOn(run)) {
      const isWell = await oneStep(run)
      if (!isWell || !isOn(run)) break
      if (run.step >= run.stop) {
        await rest(run, 'finished')
        break
      }
      const isDue = now() - run.sampledAt >= SAMPLE_MS
      if (isDue && run.sampleMs <= SAMPLE_SHARE * (run.workMs + run.sampleMs)) await show(run)
      if (now() - run.since >= TELEMETRY_MS) telemetry(run)
      if (now() < sliceEnd) continue
      await yieldNow()
      sliceEnd = now() + SLICE_MS
      await answer()
    }
    await answer()
  } catch (error) {
    if (run === current) fail(run.id, run.step, error)
  }
}

function start(): void {
  if (!current || isRunning) return
  isWriting = false
  isRunning = true
  phase(current, 'running')
  void loop(current)
}

const handlers: { readonly [T in ToWriter['type']]: (message: Extract<ToWriter, { type: T }>) => void } = {
  open: (message) => {
    sentence = message.sentence
    void open(message.run, message.settings)
  },
  run: start,
  pause: () => {
    if (isRunning) between((run) => rest(run, 'paused'))
  },
  step: () => {
    if (isRunning || isWriting) return
    between(async (run) => {
      run.since = now()
      const isWell = await oneStep(run)
      if (isWell && !isRunning) await rest(run, run.step >= run.stop ? 'finished' : 'paused')
    })
  },
  extend: ({ steps }) => {
    if (current) current.stop += steps
    start()
  },
  write: () => {
    if (current && !isRunning) void writeOn(current)
  },
  hush: () => {
    isWriting = false
  },
  save: () =>
    between(async (run) => {
      const bytes = await run.writer.save()
      post({ type: 'saved', run: run.id, bytes }, [bytes.buffer])
    }),
  load: ({ bytes }) =>
    between(async (run) => {
      try {
        await run.writer.load(bytes)
      } catch (error) {
        return post({ type: 'refused', run: run.id, message: failureOf(error).message })
      }
      post({ type: 'loaded', run: run.id })
      await show(run)
      telemetry(run, true)
    }),
  seen: ({ seq: last }) => {
    seen = Math.max(seen, last)
  },
  sentence: ({ text: next }) => {
    sentence = next
    between(attend)
  },
  temperature: ({ value }) => {
    temperature = value
  },
}

addEventListener('message', ({ data }: MessageEvent<ToWriter>) => {
  ;(handlers[data.type] as (message: ToWriter) => void)(data)
})
