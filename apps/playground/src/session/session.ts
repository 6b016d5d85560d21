// The worker that trains: it holds the runtime, the data and the loop. The page only draws what it tells.
import { failureOf } from './failure.ts'
import { between, oneStep, rest, start } from './loop.ts'
import type { ToSession } from './messages.ts'
import { now, openedRun, session } from './opened.ts'
import { openProblem, type Problem } from './problem.ts'
import { fail, noteSeen, phase, post, predict, standing } from './report.ts'
import { openRun, type Run } from './run.ts'
import type { TrainSettings } from './settings.ts'

let newest = 0
let isPredicting = false
let opening: Promise<unknown> = Promise.resolve()

/** A run, opened after those that were asked for before it; null where another was asked for since. */
function openNewest(id: number, settings: TrainSettings, problem: Problem): Promise<Run | null> {
  const opened = opening.then(async () => {
    if (id !== newest) return null
    const run = await openRun(settings, problem)
    if (id === newest) return run
    run.close()
    return null
  })
  opening = opened.catch(() => {})
  return opened
}

async function open(id: number, settings: TrainSettings): Promise<void> {
  newest = id
  isPredicting = false
  session.isRunning = false
  session.opened?.run.close()
  session.opened = null
  try {
    const problem = await openProblem(settings, (done, total) => post({ type: 'loading', run: id, done, total }))
    if (id !== newest) return
    const run = await openNewest(id, settings, problem)
    if (!run) return
    const opened = (session.opened = openedRun(id, settings, problem, run))
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
    await standing(opened)
    phase(opened, 'idle')
  } catch (error) {
    if (id === newest) fail(id, 0, error)
  }
}

/** Every message by its type. */
const handlers: { readonly [T in ToSession['type']]: (message: Extract<ToSession, { type: T }>) => void } = {
  open: ({ run, settings }) => void open(run, settings),
  run: start,
  pause: () => {
    if (session.isRunning) between((current) => rest(current, 'paused'))
  },
  step: () => {
    if (session.isRunning) return
    between(async (current) => {
      current.since = now()
      const isWell = await oneStep(current)
      if (isWell && !session.isRunning) await rest(current, current.step >= current.stop ? 'finished' : 'paused')
    })
  },
  extend: ({ steps }) => {
    if (!session.opened) return
    session.opened.stop += steps
    start()
  },
  seen: ({ seq }) => noteSeen(seq),
  draw: ({ image }) => {
    session.image = image
    if (isPredicting || !session.opened) return
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
      try {
        await current.run.load(bytes)
      } catch (error) {
        return post({ type: 'refused', run: current.id, message: failureOf(error).message })
      }
      await standing(current)
      post({ type: 'loaded', run: current.id, step: current.step })
    }),
}

addEventListener('message', ({ data }: MessageEvent<ToSession>) => {
  ;(handlers[data.type] as (message: ToSession) => void)(data)
})
