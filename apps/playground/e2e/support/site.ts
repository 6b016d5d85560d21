import path from 'node:path'
import { expect, test as base, type Page } from '@playwright/test'
import { serveFolder } from '../../build/serve.mjs'

export type Site = Awaited<ReturnType<typeof serveFolder>>
export const folder = path.resolve(import.meta.dirname, '..', '..', 'dist')

/** What a page told of itself while a test ran. */
export interface Watched {
  readonly errors: string[]
  readonly requests: string[]
}

/** Tests get a server with the headers that isolate, one without them under a sub-path, and a page that is watched:
 * no test passes where it threw, or asked another host for anything. */
export const test = base.extend<{ watched: Watched }, { site: Site; plain: Site }>({
  site: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads the names of fixtures from a pattern.
    async ({}, use) => {
      const site = await serveFolder(folder)
      await use(site)
      await site.close()
    },
    { scope: 'worker' },
  ],
  plain: [
    // oxlint-disable-next-line no-empty-pattern -- As above.
    async ({}, use) => {
      const site = await serveFolder(folder, { isolated: false, under: '/some/where/' })
      await use(site)
      await site.close()
    },
    { scope: 'worker' },
  ],
  watched: [
    async ({ page }, use) => {
      const watched: Watched = { errors: [], requests: [] }
      page.on('pageerror', (error) => watched.errors.push(error.message))
      page.on('request', (request) => watched.requests.push(request.url()))
      await use(watched)
      expect(watched.errors).toEqual([])
      const foreign = watched.requests.filter(
        (url) => !/^(blob:|data:)?(http:\/\/127\.0\.0\.1:|$)/.test(url) && !url.startsWith('data:'),
      )
      expect(foreign).toEqual([])
    },
    { auto: true },
  ],
})
export { expect }

/** The word at the left of the status bar. */
export const phase = (page: Page) => page.getByRole('region', { name: 'Status' }).locator('.state')
export const open = async (page: Page, site: Site, hash = ''): Promise<void> => {
  await page.goto(site.url + hash)
  await expect(page.getByRole('heading', { name: 'Gradloom' })).toBeVisible()
}

/** How many different colours a canvas shows, each channel to 8 steps. */
export const colours = (page: Page, name: string | RegExp): Promise<number> =>
  page
    .getByRole('img', { name })
    .first()
    .evaluate((element) => {
      const canvas = element as HTMLCanvasElement
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      const seen = new Set<number>()
      for (let i = 0; i < data.length; i += 4)
        if (data[i + 3] > 0) seen.add((data[i] >> 5) * 64 + (data[i + 1] >> 5) * 8 + (data[i + 2] >> 5))
      return seen.size
    })

/** How far the page's things moved by themselves, as the browser counts it. */
export async function watchShifts(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const found: number[] = []
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean })[])
        if (!entry.hadRecentInput) found.push(entry.value)
    }).observe({ type: 'layout-shift', buffered: true })
    Object.assign(globalThis, { shifts: found })
  })
}
export const shifts = (page: Page): Promise<number> =>
  page.evaluate(() => (globalThis as unknown as { shifts: number[] }).shifts.reduce((a, b) => a + b, 0))
