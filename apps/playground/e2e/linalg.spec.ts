import { type Page } from '@playwright/test'
import { colours, expect, open, test } from './support/site.ts'

const state = (page: Page) => page.locator('[data-name=linalg]')
const ranks = (page: Page) => page.getByRole('region', { name: 'Picture at a rank' })
const gaps = (page: Page) => page.getByRole('region', { name: 'Degenerate gradient' })
const ready = (page: Page): Promise<void> => expect(state(page)).toHaveText('ready', { timeout: 60_000 })

test.describe('linalg', () => {
  test('a picture comes nearer with its rank, by keyboard too, and the link keeps it', async ({ page, site }) => {
    await open(page, site, '#/linalg?v=1&rank=3')
    await ready(page)
    const off = ranks(page).locator('[data-name=off]')
    const share = async (): Promise<number> => Number.parseFloat((await off.textContent())!)
    const few = await share()
    expect(few).toBeGreaterThan(10)
    await expect.poll(() => colours(page, /^The picture at rank 3 of 120/)).toBeGreaterThan(4)
    const slider = page.getByRole('slider', { name: 'Rank' })
    await slider.focus()
    await page.keyboard.press('End')
    await expect(off).toHaveText(/^0\.00/)
    await expect(page.getByRole('img', { name: /^The picture at rank 120 of 120, off by 0\.00/ })).toBeVisible()
    await expect(page).toHaveURL(/rank=120/)
    await page.keyboard.press('Home')
    await expect(off).toHaveText(/^100\.00/)
    await expect(slider).toHaveAttribute('aria-valuetext', /^rank 0 of 120, off by 100/)
  })

  test('at a tie strict throws and names the gap; of the span no policy is wrong; the link keeps both', async ({
    page,
    site,
  }) => {
    await open(page, site, '#/linalg?v=1&gap=13')
    await ready(page)
    await expect(
      gaps(page)
        .getByRole('row', { name: /^strict/ })
        .first(),
    ).toContainText('throws')
    await expect(page.getByRole('region', { name: 'Note' })).toContainText(/eigh: values 0 and 1 are \S+ apart/)
    await gaps(page).getByText('All gaps').click()
    await expect(gaps(page).getByRole('region', { name: 'Gradients at all gaps' }).getByRole('row')).toHaveCount(14)
    await gaps(page).getByRole('radio', { name: 'the span of both' }).check({ force: true })
    await expect(
      gaps(page)
        .getByRole('row', { name: /^strict/ })
        .first(),
    ).toContainText('0.0591')
    await expect(page.getByRole('region', { name: 'Note' })).toHaveCount(0)
    await expect(page).toHaveURL(/loss=span&gap=13/)
    await page.reload()
    await ready(page)
    await expect(
      gaps(page)
        .getByRole('row', { name: /^taylor/ })
        .first(),
    ).toContainText('0.0591')
  })

  test('a picture of a file is decomposed; what is no picture is said, and the first one comes back', async ({
    page,
    site,
  }) => {
    await open(page, site, '#/linalg')
    await ready(page)
    const chooser = page.getByLabel('A picture of your own, which stays here')
    const buffer = await page.evaluate(async () => {
      const canvas = new OffscreenCanvas(24, 16)
      const context = canvas.getContext('2d')!
      context.fillStyle = '#fff'
      context.fillRect(0, 0, 12, 16)
      return [...new Uint8Array(await (await canvas.convertToBlob()).arrayBuffer())]
    })
    await chooser.setInputFiles({ name: 'half.png', mimeType: 'image/png', buffer: Buffer.from(buffer) })
    // Half of it white, half black: rank 1.
    await expect(page.getByRole('img', { name: /^The picture at rank 12 of 16, off by 0\.00/ })).toBeVisible()
    await chooser.setInputFiles({ name: 'words.png', mimeType: 'image/png', buffer: Buffer.from('words') })
    await expect(page.getByRole('region', { name: 'Failed' })).toContainText('the picture could not be read')
    await page.getByRole('button', { name: 'Begin again' }).click()
    await expect(page.getByRole('img', { name: /^The picture, 160 x 120/ })).toBeVisible()
    await ready(page)
  })
})
