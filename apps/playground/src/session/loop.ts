import { session, now, type Opened } from './opened.ts'
import { fail, measure, phase, pictures, standing, telemetry } from './report.ts'
import { isPlane } from './settings.ts'
import { takeStep } from './step.ts'
import { createTurns } from './turns.ts'
import { createYield } from './yield.ts'

const TELEMETRY_MS = 100
const PICTURES_MS = 250
/** Of the time of training, pictures and tests take at most this share. */
const PICTURE_SHARE = 0.15
/** How long it works before it lets messages in. */
const SLICE_MS = 10
/** Steps a second at a speed that can be watched. */
const WATCH_RATE = 200

const yieldNow = createYield()
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

const turns = createTurns<Opened>({
  current: () => session.opened,
  isRunning: () => session.isRunning,
  fail: ({ id, step }, error) => fail(id, step, error),
})
export const { between } = turns

/** @returns whether training can go on */
export async function oneStep(current: Opened): Promise<boolean> {
  const error = await takeStep(current, () => current.run.step())
  if (!error) return true
  telemetry(current, true)
  fail(current.id, current.step, error)
  return false
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

/** What has finished is tested whole. Whoever started it meanwhile has the last word. */
export async function rest(current: Opened, to: 'paused' | 'finished'): Promise<void> {
  if (current !== session.opened) return
  const { quickTest, test } = current.problem
  session.isRunning = false
  // Before the tests, whose time is not that of steps.
  telemetry(current, true)
  await standing(current, to === 'finished' ? test.rowCount : quickTest)
  if (!session.isRunning) phase(current, to)
}

export function start(): void {
  const { opened } = session
  if (!opened || session.isRunning) return
  session.isRunning = true
  phase(opened, 'running')
  void loop(opened)
}

const isOn = (current: Opened): boolean => session.isRunning && current === session.opened

async function loop(current: Opened): Promise<void> {
  const isHeld = current.settings.speed === 'watch' && isPlane(current.settings.data)
  current.since = now()
  const begun = now()
  const first = current.step
  let sliceEnd = now() + SLICE_MS
  try {
    while (isOn(current)) {
      const isWell = await oneStep(current)
      if (!isWell || !isOn(current)) break
      await look(current)
      if (current.step >= current.stop || reached(current)) {
        await rest(current, 'finished')
        break
      }
      if (now() - current.since >= TELEMETRY_MS) telemetry(current)
      const early = isHeld ? begun + ((current.step - first) * 1000) / WATCH_RATE - now() : 0
      if (early > 4) await sleep(early)
      else if (now() > sliceEnd) await yieldNow()
      else continue
      sliceEnd = now() + SLICE_MS
      await turns.answer()
    }
    await turns.answer()
  } catch (error) {
    if (current === session.opened) fail(current.id, current.step, error)
  }
}
