import { failureOf } from './failure.ts'
import type { FromSession, Phase } from './messages.ts'
import { now, session, type Opened } from './opened.ts'
import { leaveRuntime } from './run.ts'

/** The code of an error of a device that is gone. */
const LOST = 'DEVICE_LOST'

let sent = 0
let seen = 0

export const post = (message: FromSession, transfer: readonly ArrayBuffer[] = []): void =>
  (globalThis as unknown as { postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void }).postMessage(
    message,
    transfer,
  )

export const phase = ({ id, step }: Opened, to: Phase): void => post({ type: 'phase', run: id, phase: to, step })

export function fail(run: number, step: number, error: unknown): void {
  // One that was left stops none but itself.
  if (run === session.opened?.id) session.isRunning = false
  const failure = failureOf(error)
  if (failure.code === LOST) leaveRuntime()
  post({ type: 'failed', run, step, failure })
}

export async function measure(current: Opened, examples: number): Promise<void> {
  current.test = { step: current.step, ...(await current.run.test(examples)) }
}

export async function pictures(current: Opened): Promise<void> {
  const boundary = await current.run.boundary()
  const tiles = await current.run.tiles()
  const transfer = [boundary, tiles?.values].flatMap((values) => (values ? [values.buffer] : []))
  post({ type: 'pictures', run: current.id, step: current.step, boundary, tiles }, transfer)
  await predict(current)
}

export async function predict(current: Opened): Promise<void> {
  if (!session.image) return
  const scores = await current.run.predict(session.image)
  post({ type: 'prediction', run: current.id, step: current.step, scores })
}

/** The page has drawn a telemetry. */
export function noteSeen(seq: number): void {
  seen = Math.max(seen, seq)
}

/** One event for all steps since the last one. Where two are unanswered, the next one waits and holds more. */
export function telemetry(current: Opened, isUrgent = false): void {
  if (!isUrgent && sent - seen >= 2) return
  const losses = Float32Array.from(current.losses)
  const at = now()
  sent++
  post(
    {
      type: 'telemetry',
      run: current.id,
      seq: sent,
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

/** All that shows where a run stands. */
export async function standing(current: Opened, examples = current.problem.quickTest): Promise<void> {
  await measure(current, examples)
  await pictures(current)
  telemetry(current, true)
}
