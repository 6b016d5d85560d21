import { type Page } from '@playwright/test'

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Of the wall, and of the thread alone, in microseconds. */
  readonly dur?: number
  readonly tdur?: number
  readonly args: { readonly name?: string; readonly data?: { readonly url?: string } }
}

/** The longest task of the page's thread while `work` goes on, in milliseconds that the thread itself computed: what
 * other programs of a busy machine take does not count. The browser's own pages have threads too; ours evaluates
 * our scripts. */
export async function longestTaskOf(page: Page, work: () => Promise<void>): Promise<number> {
  const session = await page.context().newCDPSession(page)
  const events: TraceEvent[] = []
  session.on('Tracing.dataCollected', ({ value }) => void events.push(...(value as unknown as TraceEvent[])))
  const categories = 'toplevel,devtools.timeline,v8'
  await session.send('Tracing.start', { transferMode: 'ReportEvents', categories })
  await work()
  const complete = new Promise<void>((resolve) => session.on('Tracing.tracingComplete', () => resolve()))
  await session.send('Tracing.end')
  await complete
  const own = events.find(
    ({ name, args }) => name === 'v8.evaluateModule' && args.data?.url?.includes('/assets/index-'),
  )
  const thread = own ?? events.find(({ args }) => args.data?.url?.includes('/assets/Train-'))
  if (!thread) throw new Error('tasks: the page’s thread was not found in the trace')
  const isTask = (event: TraceEvent): boolean =>
    event.pid === thread.pid && event.tid === thread.tid && event.name.endsWith('RunTask')
  return Math.max(0, ...events.filter(isTask).map(({ tdur, dur }) => (tdur ?? dur ?? 0) / 1000))
}
