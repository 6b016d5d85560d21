import type { Test } from './messages.ts'
import type { Problem } from './problem.ts'
import type { Run } from './run.ts'
import type { TrainSettings } from './settings.ts'

/** A run that is open, and what of it was not told yet. */
export interface Opened {
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
