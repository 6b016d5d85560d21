import { readFileSync } from 'node:fs'
import { setTimeout as after } from 'node:timers/promises'

/** What this process holds once garbage is collected. */
export interface Held {
  readonly rssMB: number
  readonly heapMB: number
  /** Of the system; only where the system tells. */
  readonly threads: number
  /** Handles and requests that keep the event loop busy. */
  readonly handles: number
}

const MB = 2 ** 20

/** Run with --expose-gc. Memories and workers go in several rounds: finalizers run between them. */
export async function held(): Promise<Held> {
  for (let i = 0; i < 6; i++) {
    globalThis.gc!()
    await after(20)
  }
  const { rss, heapUsed } = process.memoryUsage()
  return {
    rssMB: rss / MB,
    heapMB: heapUsed / MB,
    threads: threadsOfProcess(),
    handles: process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length,
  }
}

function threadsOfProcess(): number {
  if (process.platform !== 'linux') return 0
  return Number(/Threads:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1])
}
