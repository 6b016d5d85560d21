import path from 'node:path'
import { expect, open, phase, test } from './support/site.ts'
import { pages } from './support/pages.ts'

// Pictures to be looked at: pnpm e2e --screenshots.
const folder = path.resolve(import.meta.dirname, 'screenshots')
const WIDTHS = [1440, 390]

for (const { name, hash, ready } of pages)
  test(`@screenshots ${name}`, async ({ page, site }) => {
    test.setTimeout(180_000)
    await open(page, site, hash)
    await ready(page)
    for (const width of WIDTHS)
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.setViewportSize({ width, height: width > 500 ? 900 : 844 })
        await page.emulateMedia({ colorScheme })
        await expect(page.locator('html')).toHaveAttribute('data-scheme', colorScheme)
        // Pictures are drawn in the frames that follow a change.
        await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 700)))
        await page.screenshot({ path: path.join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: width < 500 })
      }
  })

test('@screenshots states', async ({ page, site }) => {
  test.setTimeout(120_000)
  await open(page, site, '#/train?v=1&stop=100000&rate=fast')
  await expect(phase(page)).toHaveText('running')
  await page.screenshot({ path: path.join(folder, 'state-repaired.png') })
  await page.goto('about:blank')
  await page.context().route('**/*.bin', (route) => route.fulfill({ status: 404 }))
  await open(page, site, '#/train?v=1&data=mnist')
  await expect(phase(page)).toHaveText('failed')
  await page.screenshot({ path: path.join(folder, 'state-failed.png') })
})
