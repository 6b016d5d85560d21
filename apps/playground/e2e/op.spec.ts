import { type Page } from '@playwright/test'
import { expect, open, test } from './support/site.ts'

const state = (page: Page) => page.locator('[data-name=op]')
const checks = (page: Page) => page.getByRole('region', { name: 'Checks' })

test.describe('op', () => {
  test('the op to begin with passes every check; each planted fault is found, with the worst element', async ({
    page,
    site,
  }) => {
    test.setTimeout(150_000)
    await open(page, site, '#/op')
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await expect(state(page)).toHaveText('finished', { timeout: 60_000 })
    await expect(checks(page).getByRole('listitem')).toHaveCount(9)
    await expect(checks(page)).toContainText('float32 [2, 2]')
    await expect(checks(page).getByText(': right')).toHaveCount(6)
    await expect(checks(page).getByText(/\d\s?(µs|ms) \(.* 15 samples\)/)).toHaveCount(2)
    for (const [fault, key] of [
      ['wrong sign', 'sign'],
      ['1 % too large', 'factor'],
      ['no gradient', 'detached'],
    ]) {
      await page.getByRole('radio', { name: fault }).check({ force: true })
      await expect(page).toHaveURL(new RegExp(`fault=${key}`))
      await page.getByRole('button', { name: 'Check', exact: true }).click()
      await expect(state(page)).toHaveText('finished', { timeout: 60_000 })
      await expect(checks(page).getByRole('listitem').nth(2)).toContainText(/wrong.*order 1.*input 0/s)
    }
  })

  test('an op with WGSL is checked without WebGPU too; the link keeps both texts', async ({ page, site }) => {
    test.setTimeout(120_000)
    await open(page, site, '#/op')
    const wgsl = page.getByRole('textbox', { name: 'WGSL' })
    await expect(wgsl).toContainText('No kernel: the op is a formula, or decomposed.')
    await page.getByRole('button', { name: 'One with WGSL' }).click()
    await expect(wgsl).toContainText('fn kernel(row: i32)')
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await expect(state(page)).toHaveText('finished', { timeout: 90_000 })
    await expect(checks(page).getByText(': right')).toHaveCount(6)
    await expect(checks(page).getByText(': not here')).toHaveCount(3)
    await expect(page).toHaveURL(/code=.*wgsl=/)
    const before = page.url()
    await wgsl.fill('// mine')
    await expect(page).not.toHaveURL(before)
    await page.reload()
    await expect(wgsl).toContainText('// mine')
    await expect(page.getByRole('textbox', { name: 'Program' })).toContainText('acme/leaky')
    // WGSL that no plugin takes is said.
    await page.getByRole('button', { name: 'The op that works' }).click()
    await wgsl.fill('fn kernel(i: i32) {}')
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await expect(page.getByRole('region', { name: 'Failed' })).toContainText('an exported function plugin required')
  })

  test('a mistake of the program is told with its line; what must be exported is said; the op comes back', async ({
    page,
    site,
  }) => {
    await open(page, site, '#/op')
    const editor = page.getByRole('textbox', { name: 'Program' })
    await editor.fill("import { tensor } from 'gradloom'\n\nexport const op = tensor([1, 2]).nothing()\n")
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await expect(page.getByRole('region', { name: 'Failed' })).toContainText('TypeError, line 3')
    await page.getByRole('button', { name: 'Go to line 3' }).click()
    await expect(editor).toBeFocused()
    await editor.fill('export const inputs = []\n')
    await page.keyboard.press('Control+Enter')
    await expect(page.getByRole('region', { name: 'Failed' })).toContainText('an exported function op required')
    await expect(page).toHaveURL(/code=/)
    await page.getByRole('button', { name: 'The op that works' }).click()
    await expect(editor).toContainText('acme/softcap')
    await editor.fill('export const op = () => { while (true) {} }\nwhile (true) {}\n')
    await page.getByRole('button', { name: 'Check', exact: true }).click()
    await page.getByRole('button', { name: 'Stop' }).click()
    await expect(state(page)).toHaveText('stopped')
  })
})
