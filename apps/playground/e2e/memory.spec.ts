import { type Page } from '@playwright/test'
import { colours, expect, open, test } from './support/site.ts'

const state = (page: Page) => page.locator('[data-name=memory]')
/** What the arena takes, in KiB. */
async function arena(page: Page): Promise<number> {
  const text = (await page.locator('[data-name=arena]').textContent())!
  const [value, unit] = text.split('\u2009')
  return Number(value) * (unit === 'MiB' ? 1024 : 1)
}

test.describe('memory', () => {
  test('policies take less than keeping everything; a budget is kept; what cannot be is said', async ({
    page,
    site,
  }) => {
    test.setTimeout(150_000)
    await open(page, site, '#/memory?v=1&model=gpt')
    await expect(state(page)).toHaveText('ready', { timeout: 60_000 })
    const everything = await arena(page)
    expect(await colours(page, /^Arena of/)).toBeGreaterThan(2)
    const table = page.getByRole('region', { name: 'Residuals as a table' })
    await expect(table.getByRole('cell', { name: 'kept', exact: true }).first()).toBeVisible()
    await page.getByRole('combobox', { name: 'Policy' }).selectOption('nothing')
    await expect(table.getByRole('cell', { name: 'again', exact: true }).first()).toBeVisible()
    await expect.poll(() => arena(page)).toBeLessThan(everything)
    await page.getByRole('combobox', { name: 'Policy' }).selectOption('budget')
    await expect(state(page)).toHaveText('ready', { timeout: 60_000 })
    await expect.poll(() => arena(page), { timeout: 60_000 }).toBeLessThanOrEqual(everything * 0.6 + 1)
    await page.getByRole('slider', { name: 'Budget' }).fill('20')
    await expect(page.getByRole('region', { name: 'Notice' })).toContainText('the smallest plan found takes', {
      timeout: 60_000,
    })
    await page.getByRole('button', { name: 'Keep everything' }).click()
    await expect.poll(() => arena(page)).toBe(everything)
  })

  test('buffers are walked by keys, and the link keeps which', async ({ page, site }) => {
    await open(page, site, '#/memory?v=1&model=mlp')
    await expect(state(page)).toHaveText('ready', { timeout: 60_000 })
    await page.getByRole('group', { name: /^Buffers/ }).focus()
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await expect(page.getByText('Made by')).toBeVisible()
    await expect(page).toHaveURL(/model=mlp&select=1/)
    await page.reload()
    await expect(page.getByText('Made by')).toBeVisible()
  })

  test('measures every policy, one after another', async ({ page, site }) => {
    test.setTimeout(150_000)
    await open(page, site, '#/memory?v=1&model=mlp')
    await expect(state(page)).toHaveText('ready', { timeout: 60_000 })
    await page.getByRole('button', { name: 'Measure all policies' }).click()
    const side = page.getByRole('region', { name: 'Peak against time' })
    await expect(side.getByRole('row', { name: /^keep everything/ })).toContainText(/\d\s(µs|ms) \(/, {
      timeout: 60_000,
    })
    await expect(side.getByRole('row', { name: /^keep nothing/ })).toBeVisible({ timeout: 60_000 })
    // So small a model has no plan within the budget: that is told in its row, and the others stand.
    await expect(side.getByRole('row', { name: /^a budget not possible: .* the smallest plan found/ })).toBeVisible({
      timeout: 60_000,
    })
    await expect(state(page)).toHaveText('ready')
  })
})
