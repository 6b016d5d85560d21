// The worker that trains: it holds the runtime, the data and the loop. The page only draws what it tells.
import { createYield } from './yield.ts'
import { failureOf } from './failure.ts'
import type { FromSession, Phase, Test, ToSession } from './messages.ts'
import { openProblem, type Problem } from './problem.ts'
import { leaveRuntime, openRun, type Run } from './run.ts'
import { isPlane, type TrainSettings } from './settings.ts'

const TELEMETRY_MS = 100
const PICTURES_MS = 250
/** Of the time of training, pictures and tests take at most this share. */
const PICTURE_SHARE = 0.15
/** How long it works before it lets messages in. */
const SLICE_MS = 10
/** The code of an error of a device that is gone. */
const LOST = 'DEVICE_LOST'
/** Steps a second at a speed that can be watched. */
const WATCH_RATE = 200

interface Opened {
  readonly id: number
  readonly settings: TrainSettings
  readonly problem: Problem
  readonly run: Run
  step: number
  stop: number
  losses: number[]
  test: Test | null
  stepMs: number
  since: number
  picturesAt: number
  workMs: number
  pictureMs: number
}

const post = (message: FromSession, transfer: readonly ArrayBuffer[] = []): void =>
  (globalThis as unknown as { postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void }).postMessage(
    message,
    transfer,
  )
const yieldNow = createYield()
const now = (): number => performance.now()
const rest = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

let opened: Opened | null = null
let newest = 0
let isRunning = false
let seq = 0
let seen = 0
/** Requests of a page, one after another, between steps. */
let pending: (() => Promise<void>)[] = []
let image: Float32Array | null = null
let isPredicting = false

function phase(to: Phase): void {
  if (opened) post({ type: 'phase', run: opened.id, phase: to, step: opened.step })
}

function fail(run: number, step: number, error: unknown): void {
  isRunning = false
  const failure = failureOf(error)
  if (failure.code === LOST) leaveRuntime()
  post({ type: 'failed', run, step, failure })
}

async function open(id: number, settings: TrainSettings): Promise<void> {
  newest = id
  isRunning = false
  opened?.run.close()
  opened = null
  try {
    const problem = await openProblem(settings, (done, total) => post({ type: 'loading', run: id, done, total }))
    if (id !== newest) return
    const run = await openRun(settings, problem)
    if (id !== newest) return
    opened = {
      id,
      settings,
      problem,
      run,
      step: 0,
      stop: settings.stop,
      losses: [],
      test: null,
      stepMs: 0,
      since: now(),
      picturesAt: 0,
      workMs: 0,
      pictureMs: 0,
    }
    const { plane } = problem
    post({
      type: 'opened',
      run: id,
      parameters: run.parameters,
      absent: run.absent,
      points: plane?.points ?? null,
      classes: plane?.classes ?? null,
      testFrom: plane?.testFrom ?? 0,
    })
    await measure(opened, problem.quickTest)
    await pictures(opened)
    telemetry(opened, true)
    phase('idle')
  } catch (error) {
    if (id === newest) fail(id, 0, error)
  }
}

async function measure(current: Opened, examples: number): Promise<void> {
  current.test = { step: current.step, ...(await current.run.test(examples)) }
}

async function pictures(current: Opened): Promise<void> {
  const boundary = await current.run.boundary()
  const tiles = await current.run.tiles()
  const transfer = [boundary, tiles?.values].flatMap((values) => (values ? [values.buffer] : []))
  post({ type: 'pictures', run: current.id, step: current.step, boundary, tiles }, transfer)
  if (image) await predict(current)
}

async function predict(current: Opened): Promise<void> {
  if (!image) return
  const scores = await current.run.predict(image)
  post({ type: 'prediction', run: current.id, step: current.step, scores })
}

/** One event for all steps since the last one. Where two are unanswered, the next one waits and holds more. */
function telemetry(current: Opened, isUrgent = false): void {
  if (!isUrgent && seq - seen >= 2) return
  const losses = Float32Array.from(current.losses)
  const at = now()
  seq++
  post(
    {
      type: 'telemetry',
      run: current.id,
      seq,
      step: current.step,
      losses,
      test: current.test,
      stepMs: current.stepMs,
      wallMs: at - current.since,
      memory: current.run.memory(),
    },
    [losses.buffer],
  )
  current.losses = []
  current.test = null
  current.stepMs = 0
  current.since = at
}

async function oneStep(current: Opened): Promise<void> {
  const start = now()
  const loss = await current.run.step()
  const ms = now() - start
  current.step++
  current.losses.push(loss)
  current.stepMs += ms
  current.workMs += ms
  if (!Number.isNaN(loss)) return
  const error = new RangeError(`the loss became NaN at step ${current.step}; a lower rate may help`)
  telemetry(current, true)
  fail(current.id, current.step, error)
}

/** Pictures and tests, where they are due and have not had their share. */
async function look(current: Opened): Promise<void> {
  const start = now()
  if (start - current.picturesAt < PICTURES_MS) return
  if (current.pictureMs > PICTURE_SHARE * (current.workMs + current.pictureMs)) return
  await measure(current, current.problem.quickTest)
  await pictures(current)
  current.pictureMs += now() - start
  current.picturesAt = now()
}

const reached = ({ settings: { goal }, test }: Opened): boolean =>
  goal > 0 && test !== null && test.accuracy >= goal / 100

async function finish(current: Opened): Promise<void> {
  isRunning = false
  // Before the tests, whose time is not that of steps.
  telemetry(current, true)
  await measure(current, current.problem.test.rowCount)
  await pictures(current)
  telemetry(current, true)
  phase('finished')
}

async function loop(): Promise<void> {
  const current = opened
  if (!current) return
  const isHeld = current.settings.speed === 'watch' && isPlane(current.settings.data)
  current.since = now()
  const begun = now()
  const first = current.step
  let sliceEnd = now() + SLICE_MS
  try {
    while (isRunning && current === opened) {
      await oneStep(current)
      if (!isRunning) break
      await look(current)
      if (current.step >= current.stop || reached(current)) {
        await finish(current)
        break
      }
      if (now() - current.since >= TELEMETRY_MS) telemetry(current)
      const early = isHeld ? begun + ((current.step - first) * 1000) / WATCH_RATE - now() : 0
      if (early > 4) await rest(early)
      else if (now() > sliceEnd) await yieldNow()
      else continue
      sliceEnd = now() + SLICE_MS
      await answer()
    }
    await answer()
  } catch (error) {
    if (current === opened) fail(current.id, current.step, error)
  }
}

async function answer(): Promise<void> {
  const due = pending
  pending = []
  for (const work of due) await work()
}

/** Between steps while training goes on, else at once. */
function between(work: (current: Opened) => Promise<void>): void {
  const current = opened
  if (!current) return
  const guarded = async (): Promise<void> => {
    try {
      if (current === opened) await work(current)
    } catch (error) {
      fail(current.id, current.step, error)
    }
  }
  if (isRunning) pending.push(guarded)
  else void guarded()
}

async function pause(current: Opened): Promise<void> {
  isRunning = false
  telemetry(current, true)
  await measure(current, current.problem.quickTest)
  await pictures(current)
  telemetry(current, true)
  phase('paused')
}

function start(): void {
  if (!opened || isRunning) return
  isRunning = true
  phase('running')
  void loop()
}

/** Every message by its type. */
const handlers: { readonly [T in ToSession['type']]: (message: Extract<ToSession, { type: T }>) => void } = {
  open: ({ run, settings }) => void open(run, settings),
  run: start,
  pause: () => {
    if (isRunning) between(pause)
  },
  step: () => {
    if (isRunning) return
    between(async (current) => {
      current.since = now()
      await oneStep(current)
      if (Number.isNaN(current.losses.at(-1) ?? 0)) return
      if (current.step >= current.stop) await finish(current)
      else await pause(current)
    })
  },
  extend: ({ steps }) => {
    if (!opened) return
    opened.stop += steps
    start()
  },
  seen: ({ seq: last }) => {
    seen = Math.max(seen, last)
  },
  draw: ({ image: next }) => {
    image = next
    if (isPredicting) return
    isPredicting = true
    between(async (current) => {
      isPredicting = false
      await predict(current)
    })
  },
  recover: () =>
    between(async ({ run }) => {
      await run.recover()
      start()
    }),
  save: () =>
    between(async ({ id, run }) => {
      const bytes = await run.save()
      post({ type: 'saved', run: id, bytes }, [bytes.buffer])
    }),
  load: ({ bytes }) =>
    between(async (current) => {
      await current.run.load(bytes)
      await measure(current, current.problem.quickTest)
      await pictures(current)
      telemetry(current, true)
      post({ type: 'loaded', run: current.id, step: current.step })
    }),
}

addEventListener('message', ({ data }: MessageEvent<ToSession>) => {
  ;(handlers[data.type] as (message: ToSession) => void)(data)
})
