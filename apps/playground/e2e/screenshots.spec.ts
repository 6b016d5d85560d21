import path from 'node:path'
import type { Browser, Page } from '@playwright/test'
import { expect, open, phase, test, type Site } from './support/site.ts'
import { pages } from './support/pages.ts'

// Pictures to be looked at: pnpm e2e --screenshots.
const folder = path.resolve(import.meta.dirname, 'screenshots')
const SCREENS = [
  { width: 1440, height: 900 },
  { width: 390, height: 844, isMobile: true, hasTouch: true },
] as const
const SCHEMES = ['light', 'dark'] as const

/** Pictures are drawn in the frames that follow a change. */
const settle = (page: Page): Promise<void> => page.evaluate(() => new Promise((done) => setTimeout(done, 700)))

/** Both colour schemes of what is on the page: on a phone as long as it is, since only what is seen is drawn. */
async function shoot(page: Page, name: string, width: number): Promise<void> {
  if (width < 500) {
    const height = await page.evaluate(() => document.documentElement.scrollHeight)
    await page.setViewportSize({ width, height })
  }
  for (const colorScheme of SCHEMES) {
    await page.emulateMedia({ colorScheme })
    await expect(page.locator('html')).toHaveAttribute('data-scheme', colorScheme)
    await settle(page)
    await page.screenshot({ path: path.join(folder, `${name}-${width}-${colorScheme}.png`) })
  }
}

/** Opens a page on a screen, and closes it when `work` is done. */
async function on(
  browser: Browser,
  { width, height, ...others }: (typeof SCREENS)[number],
  work: (page: Page) => Promise<void>,
): Promise<void> {
  const context = await browser.newContext({ viewport: { width, height }, ...others })
  await work(await context.newPage())
  await context.close()
}

for (const { name, hash, ready } of pages)
  for (const screen of SCREENS)
    test(`@screenshots ${name} ${screen.width}`, async ({ browser, site }) => {
      test.setTimeout(180_000)
      await on(browser, screen, async (page) => {
        await open(page, site, hash)
        await ready(page)
        await shoot(page, name, screen.width)
      })
    })

/** What pages look like on the way, and where something is wrong. */
const states: Readonly<Record<string, (page: Page, site: Site) => Promise<void>>> = {
  repaired: async (page, site) => {
    await open(page, site, '#/train?v=1&stop=100000&rate=fast')
    await expect(phase(page)).toHaveText('running')
  },
  failed: async (page, site) => {
    await page.route('**/*.bin', (route) => route.fulfill({ status: 404 }))
    await open(page, site, '#/train?v=1&data=mnist')
    await expect(phase(page)).toHaveText('failed')
  },
  diverged: async (page, site) => {
    await open(
      page,
      site,
      '#/train?v=1&activation=relu&optimizer=sgd&rate=10&widths=64.64.64.64&schedule=constant&stop=4000&speed=full',
    )
    await expect(phase(page)).toHaveText('failed', { timeout: 30_000 })
  },
  runs: async (page, site) => {
    await open(page, site, '#/train?v=1&stop=60&speed=full')
    for (let i = 0; i < 3; i++) {
      await expect(phase(page)).toHaveText('finished', { timeout: 30_000 })
      await page.getByLabel('Seed').fill(String(20 + i))
      await page.getByLabel('Seed').press('Enter')
      if (i === 2) return
      await page.getByRole('button', { name: 'Run anew' }).click()
    }
  },
  unit: async (page, site) => {
    await open(page, site, '#/train?v=1&stop=60&speed=full')
    await expect(phase(page)).toHaveText('finished', { timeout: 30_000 })
    await page.getByRole('button', { name: 'Unit 3' }).click()
  },
  device: async (page, site) => {
    await open(page, site, '#/bench')
    await page.getByRole('button', { name: /^This machine/ }).click()
  },
  help: async (page, site) => {
    await open(page, site, '#/train?v=1&stop=10')
    await expect(phase(page)).toHaveText('finished', { timeout: 30_000 })
    await page.keyboard.press('?')
  },
  mistake: async (page, site) => {
    await open(page, site, '#/code?v=1&example=mistake')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(page.locator('[data-name=program]')).toHaveText('failed')
  },
  wrong: async (page, site) => {
    await open(page, site, '#/op?v=1&fault=sign')
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await expect(page.locator('[data-name=op]')).toHaveText('finished', { timeout: 60_000 })
  },
  wgsl: async (page, site) => {
    await open(page, site, '#/op')
    await page.getByRole('button', { name: 'One with WGSL' }).click()
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await expect(page.locator('[data-name=op]')).toHaveText('finished', { timeout: 90_000 })
  },
  selected: async (page, site) => {
    await open(page, site, '#/graph?v=1&model=cnn&open=forward:sequential')
    await expect(page.getByRole('group', { name: /^Plan/ }).getByText('Forward')).toBeVisible()
    await page.getByRole('searchbox', { name: 'Search' }).fill('relu')
    await expect(page.locator('[data-name=matches]')).toHaveText(/^[1-9]\d* of/)
    await page.keyboard.press('Enter')
    await page.getByRole('group', { name: 'Documentation' }).getByText('relu', { exact: true }).click()
  },
  opened: async (page, site) => {
    await open(page, site, '#/graph?v=1&model=gpt&open=forward:block0~backward:block0')
    await expect(page.getByRole('group', { name: /^Plan/ }).getByText('Forward')).toBeVisible()
  },
  types: async (page, site) => {
    await open(page, site, '#/code?v=1&example=gradients')
    await page.getByRole('textbox', { name: 'Program' }).click()
    await expect(page.locator('[data-name=types]')).toHaveText('Types: no mistakes.', { timeout: 60_000 })
    await page.keyboard.press('Control+End')
    await page.keyboard.type('rt.')
    await expect(page.locator('.cm-completionInfo')).toBeVisible({ timeout: 30_000 })
  },
  measured: async (page, site) => {
    await open(page, site, '#/memory?v=1&model=mlp')
    await page.getByRole('button', { name: 'Measure all policies' }).click()
    await expect(page.locator('[data-name=memory]')).toHaveText('ready', { timeout: 60_000 })
  },
}
for (const [name, reach] of Object.entries(states))
  for (const screen of SCREENS)
    test(`@screenshots state ${name} ${screen.width}`, async ({ browser, site }) => {
      test.setTimeout(120_000)
      await on(browser, screen, async (page) => {
        await reach(page, site)
        await shoot(page, `state-${name}`, screen.width)
      })
    })
