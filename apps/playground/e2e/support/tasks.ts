import type { CDPSession, Page } from '@playwright/test'

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Of the thread alone, in microseconds. */
  readonly tdur?: number
  readonly args: { readonly data?: { readonly url?: string } }
}
export interface Tasks {
  /** The longest task of the page's own thread. */
  readonly longestMs: number
  /** All tasks of all threads of the page, workers included. */
  readonly totalMs: number
}

/** What the page computes while `work` goes on, in milliseconds that its threads themselves computed: what other
 * programs of a busy machine take does not count. The browser's own pages have threads too; ours evaluates our
 * scripts. */
export async function tasksOf(page: Page, work: (session: CDPSession) => Promise<void>): Promise<Tasks> {
  const session = await page.context().newCDPSession(page)
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => void events.push(...(value as unknown as TraceEvent[])))
  const categories = 'toplevel,devtools.timeline,v8'
  await session.send('Tracing.start', { transferMode: 'ReportEvents', categories })
  await work(session)
  const complete = new Promise<void>((resolve) => session.on('Tracing.tracingComplete', () => resolve()))
  await session.send('Tracing.end')
  await complete
  const own = events.find(({ name, args }) => name === 'v8.compileModule' && args.data?.url?.includes('/assets/index-'))
  if (!own) throw new Error('tasks: the page\u2019s thread was not found in the trace')
  const tasks = events.filter(({ pid, name }) => pid === own.pid && name.endsWith('RunTask'))
  const msOf = ({ tdur = 0 }: TraceEvent): number => tdur / 1000
  return {
    longestMs: Math.max(0, ...tasks.filter(({ tid }) => tid === own.tid).map(msOf)),
    totalMs: tasks.reduce((sum, task) => sum + msOf(task), 0),
  }
}

/** Waits until the status bar reads `phase`, by as little script as there can be: Playwright's own, 300 kB that it
 * evaluates in the page's thread, would be the longest task of all. */
export async function reached(session: CDPSession, phase: string): Promise<void> {
  const expression = "document.querySelector('.state')?.textContent"
  for (;;) {
    const { result } = await session.send('Runtime.evaluate', { expression })
    if (result.value === phase) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
