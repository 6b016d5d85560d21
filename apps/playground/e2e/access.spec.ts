import AxeBuilder from '@axe-core/playwright'
import { expect, open, phase, test } from './support/site.ts'

/** Every page, with what says that it is there. */
export const PAGES: readonly (readonly [hash: string, ready: string])[] = [
  ['#/train?v=1&stop=30&speed=full', 'finished'],
  ['#/train?v=1&data=mnist&stop=20', 'finished'],
]

for (const [hash, ready] of PAGES)
  for (const colorScheme of ['light', 'dark'] as const)
    test(`axe finds nothing at ${hash} in ${colorScheme}`, async ({ page, site }) => {
      await page.emulateMedia({ colorScheme })
      await open(page, site, hash)
      await expect(phase(page)).toHaveText(ready)
      const { violations } = await new AxeBuilder({ page }).analyze()
      expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([])
    })

for (const [hash, ready] of PAGES) {
  test(`nothing scrolls sideways at 390 pixels: ${hash}`, async ({ page, site }) => {
    await page.setViewportSize({ width: 390, height: 844 })
    await open(page, site, hash)
    await expect(phase(page)).toHaveText(ready)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390)
  })

  test(`text of twice the size fits: ${hash}`, async ({ page, site }) => {
    // A page at 200 % is a page of half the width.
    await page.setViewportSize({ width: 640, height: 450 })
    await open(page, site, hash)
    await expect(phase(page)).toHaveText(ready)
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(640)
  })
}

test('by keyboard alone: to the page, a setting, and a run', async ({ page, site }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await open(page, site, '#/train?v=1&stop=20&speed=full')
  await expect(phase(page)).toHaveText('idle')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(phase(page)).toHaveText('finished')
  const loss = page.getByRole('img', { name: /^Loss:/ })
  await loss.focus()
  await page.keyboard.press('End')
  await expect(page.getByText(/^step 20: \d\.\d{4}$/)).toBeVisible()
  await page.keyboard.press('Home')
  await expect(page.getByText(/^step 1: \d\.\d{4}$/)).toBeVisible()
})
