/** Delays are worth it up to this share of the time of jobs that had none: with a few threads they save more. */
const TOLERATED = 1 / 8
/** Delays beyond that, until a thread is left out: half of a time slice of Linux, 3 ms. */
const MOST_DELAY_MS = 1.5
/** No delay: clocks of pages tick every 20 us or less where memory can be shared, and a helper wakes in 50. */
const SLACK_MS = 0.05
/** A job takes at most twice its least time on a quiet machine: caches are cold, or hold what another core needs. */
const SPREAD = 2
/** How long a thread is left out at first, and at most: the length doubles each time that its return is no better. A
 * failed return costs some 5 ms, 1 % of the longest. */
const LEAST_PAUSE_MS = 16
const MOST_PAUSE_MS = 512
/** A slower run lengthens what counts as the least time, which forgets what the machine, or other work that looks the
 * same, did long ago. */
const AGING = 1.01

/** Handing out and fetching what another core wrote cost some 2.4 us: what two threads do in less than twice that, one
 * does as fast. */
const SHORT_MS = 0.0048

/** A job that runs again and again, as its pool remembers it. */
export interface Job {
  /** About the least time that it took. */
  leastMs: number
}

export const createJob = (): Job => ({ leastMs: Infinity })

/** Whether a job is not worth handing out, as far as the clock can tell: 0 is a coarse one's. */
export const isShort = ({ leastMs }: Job): boolean => leastMs > 0 && leastMs < SHORT_MS

/** How many of a pool's threads work: all of them, or fewer while other programs keep some from running. */
export interface Adjustment {
  /** Threads, with the caller, for a job that begins now. */
  active(nowMs: number): number
  /** Takes note of a job that so many threads have done. */
  done(job: Job, active: number, nowMs: number, tookMs: number): void
}

/**
 * Leaves a thread out when jobs take longer than they would without it: than twice their least time. Whether a helper
 * was taken off its core in the middle of a chunk, or the caller because a helper takes part of the process's share,
 * the time of the whole job says. After a pause the thread is given another try.
 */
export function createAdjustment(threads: number): Adjustment {
  let active = threads
  let pauseMs = LEAST_PAUSE_MS
  let delayMs = 0
  let changedMs = -Infinity

  const change = (to: number, nowMs: number): void => {
    active = to
    changedMs = nowMs
    delayMs = 0
  }
  return {
    active: (nowMs) => {
      if (active < threads && nowMs - changedMs >= pauseMs) change(active + 1, nowMs)
      return active
    },
    done: (job, by, nowMs, tookMs) => {
      const { leastMs } = job
      job.leastMs = Math.min(tookMs, leastMs * AGING)
      if (by === 1) return
      if (!(tookMs > SPREAD * leastMs + SLACK_MS)) {
        delayMs = Math.max(0, delayMs - TOLERATED * tookMs)
        return
      }
      delayMs += tookMs - leastMs
      if (delayMs <= MOST_DELAY_MS) return
      const isNoBetter = nowMs - changedMs < SPREAD * pauseMs
      pauseMs = isNoBetter ? Math.min(2 * pauseMs, MOST_PAUSE_MS) : LEAST_PAUSE_MS
      change(active - 1, nowMs)
    },
  }
}
