import AxeBuilder from '@axe-core/playwright'
import { expect, open, phase, test } from './support/site.ts'
import { pages } from './support/pages.ts'

for (const { name, hash, ready } of pages)
  test(`${name}: axe finds nothing in either scheme, nothing scrolls sideways on a phone or at 200 %`, async ({
    page,
    site,
  }) => {
    test.setTimeout(120_000)
    await open(page, site, hash)
    await ready(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await expect(page.locator('html')).toHaveAttribute('data-scheme', colorScheme)
      const { violations } = await new AxeBuilder({ page }).analyze()
      const found = violations.map(
        ({ id, nodes }) => `${colorScheme} ${id}: ${nodes.map(({ html }) => html).join(' | ')}`,
      )
      expect(found).toEqual([])
    }
    // A page at 200 % is a page of half the width.
    for (const [width, height] of [
      [390, 844],
      [640, 450],
    ]) {
      await page.setViewportSize({ width, height })
      const wide = (): Promise<number> => page.evaluate(() => document.documentElement.scrollWidth)
      await expect.poll(wide).toBeLessThanOrEqual(width)
    }
  })

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
  const loss = page.getByRole('img', { name: /^Loss, / })
  await loss.focus()
  await page.keyboard.press('End')
  await expect(page.getByText(/^step 20: \d\.\d{4}$/)).toBeVisible()
  await page.keyboard.press('Home')
  await expect(page.getByText(/^step 1: \d\.\d{4}$/)).toBeVisible()
})
