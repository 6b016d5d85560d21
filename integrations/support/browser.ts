import { chromium, type Browser, type Page } from 'playwright-core'

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

/** The system's Chromium: browsers that npm packages download are not reached everywhere. */
export const launch = (): Promise<Browser> => chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS })

/** A page that has loaded the app, with what it wrote to its console and its failures. Its workers are kept where a
 * test can end them. */
export async function openApp(
  browser: Browser,
  url: string,
): Promise<{ readonly page: Page; readonly lines: readonly string[] }> {
  const page = await browser.newPage()
  const lines: string[] = []
  page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (error) => lines.push(`uncaught: ${error.message}`))
  await page.addInitScript(() => {
    const workers: Worker[] = []
    class Recorded extends Worker {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        super(...args)
        workers.push(this)
      }
    }
    Object.assign(globalThis, { workers, Worker: Recorded })
  })
  await page.goto(url)
  try {
    await page.waitForFunction(() => 'app' in globalThis, undefined, { timeout: 20_000 })
  } catch (error) {
    throw new Error(`the page did not load: ${lines.join('; ')}`, { cause: error })
  }
  return { page, lines }
}
