import { existsSync, rmSync } from 'node:fs'
import { chromium } from 'playwright-core'
import type { ContenderName } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import type { Session } from '../session.ts'
import { bundlePage } from './bundle.ts'
import { remoteSession, type Guest, type Host } from './host.ts'
import { servePage } from './server.ts'

/** The system's Chromium: browsers that npm packages download are not reached everywhere. */
const CHROMIUM = '/usr/bin/chromium'
/** The first line lets it run as root and without a network; the second keeps pages that are not in front at full
 * speed. */
const ARGUMENTS = [
  '--no-sandbox',
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-background-timer-throttling',
  '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows',
]

/** A library that has not started by then never will. */
const START_MS = 60_000

/** Each contender in a browser of its own. */
export async function browserHost({ isolated }: { readonly isolated: boolean }): Promise<Host> {
  if (!existsSync(CHROMIUM)) throw new UnsupportedError(`not installed (Debian's chromium, at ${CHROMIUM})`)
  const folder = await bundlePage()
  const server = await servePage(folder, isolated)
  const launch = (): ReturnType<typeof chromium.launch> =>
    chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS })
  const probe = await launch()
  const version = probe.version().split('.')[0]
  await probe.close()

  async function start(name: ContenderName, threads: number): Promise<Guest> {
    const browser = await launch()
    try {
      const page = await browser.newPage()
      const problems: string[] = []
      page.on('pageerror', (error) => problems.push(error.message))
      await page.goto(`${server.url}?contender=${name}&threads=${threads}`)
      const call = async (method: keyof Session, args: readonly unknown[]): Promise<unknown> => {
        const reply = await page.evaluate(
          async ([m, a]) => {
            try {
              return { value: await (await globalThis.benchmark).call(m as never, a as never) }
            } catch (error) {
              const { name, message } = error instanceof Error ? error : new Error(String(error))
              return { error: { name, message } }
            }
          },
          [method, args] as const,
        )
        if (!reply.error) return reply.value
        const message = [reply.error.message, ...problems.splice(0)].join('; ')
        throw reply.error.name === 'UnsupportedError' ? new UnsupportedError(message) : new Error(message)
      }
      const late = new Promise<never>((_, reject) => {
        setTimeout(
          () => reject(new Error(`${name} did not start: ${problems.join('; ') || 'no reason given'}`)),
          START_MS,
        ).unref()
      })
      await Promise.race([
        page.evaluate(async () => {
          await globalThis.benchmark
        }),
        late,
      ])
      return { name, threads, session: remoteSession(call), close: () => browser.close() }
    } catch (error) {
      await browser.close()
      throw error instanceof Error && error.message.includes('UnsupportedError')
        ? new UnsupportedError(error.message.replace(/^.*UnsupportedError: /s, '').split('\n')[0])
        : error
    }
  }
  return {
    name: `Chromium ${version}${isolated ? ', isolated' : ''}`,
    start,
    async close() {
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
}
