import type { Test } from './messages.ts'
import type { Problem } from './problem.ts'
import type { Run } from './run.ts'
import type { TrainSettings } from './settings.ts'
import type { Counts } from './step.ts'

/** A run that is open, and what of it was not told yet. */
export interface Opened extends Counts {
  readonly id: number
  readonly settings: TrainSettings
  readonly problem: Problem
  readonly run: Run
  /** The step at which it ends. */
  stop: number
  /** The last one, until it is told. */
  test: Test | null
  /** When the page was told last. */
  since: number
  /** When pictures were made last. */
  picturesAt: number
  /** The time of all pictures and tests while it trained. */
  pictureMs: number
}

export const now = (): number => performance.now()

export const openedRun = (id: number, settings: TrainSettings, problem: Problem, run: Run): Opened => ({
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
})

/** What this worker is at. */
export const session = {
  opened: null as Opened | null,
  isRunning: false,
  /** The digit that the visitor drew. */
  image: null as Float32Array | null,
}
