import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { availableParallelism } from 'node:os'

/** A program that keeps a core busy. */
export interface BusyProgram {
  /** Whether it stays on one core; else the system may move it about. */
  readonly isPinned: boolean
  end(): Promise<void>
}

const ENDLESS = ['-e', 'for (;;);']
/** Node starts in some 50 ms. */
const STARTED_MS = 300

/** Starts a process that works without end: on the last core where the system has `taskset`, else where it likes. */
export async function keepCoreBusy(): Promise<BusyProgram> {
  const core = String(availableParallelism() - 1)
  const pinned = await started('taskset', ['-c', core, process.execPath, ...ENDLESS])
  const program = pinned ?? (await started(process.execPath, ENDLESS))
  if (!program) throw new Error('contention: the busy process did not start')
  const kill = (): void => void program.kill()
  // It would outlive a benchmark that is broken off.
  process.once('exit', kill)
  return {
    isPinned: program === pinned,
    end: async () => {
      process.off('exit', kill)
      kill()
      await once(program, 'exit')
    },
  }
}

/** A process that works, or null where it could not start. */
async function started(command: string, args: readonly string[]): Promise<ChildProcess | null> {
  const program = spawn(command, args, { stdio: 'ignore' })
  const isGone = await new Promise<boolean>((resolve) => {
    program.once('error', () => resolve(true))
    program.once('exit', () => resolve(true))
    setTimeout(() => resolve(false), STARTED_MS)
  })
  return isGone ? null : program
}
