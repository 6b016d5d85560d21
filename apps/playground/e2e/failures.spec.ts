import { expect, open, phase, test } from './support/site.ts'

test.describe('failures', () => {
  test('a data file that is missing: words, another try, or other data', async ({ page, site }) => {
    await page.context().route('**/*.bin', (route) => route.fulfill({ status: 404 }))
    await open(page, site, '#/train?v=1&data=mnist&stop=20')
    await expect(phase(page)).toHaveText('failed')
    const failed = page.getByRole('region', { name: 'Failed' })
    await expect(failed).toContainText('the file of digits could not be loaded: status 404')
    await page.context().unroute('**/*.bin')
    await failed.getByRole('button', { name: 'Try again' }).click()
    await expect(phase(page)).toHaveText('finished')
  })

  test('a data file that is damaged: words, and the moons instead', async ({ page, site }) => {
    await page.context().route('**/*.bin', (route) => route.fulfill({ status: 200, body: 'no digits' }))
    await open(page, site, '#/train?v=1&data=mnist&stop=20')
    const failed = page.getByRole('region', { name: 'Failed' })
    await expect(failed).toContainText('the file of digits is damaged')
    await failed.getByRole('button', { name: 'Use the moons' }).click()
    await expect(phase(page)).toHaveText('running')
  })

  test('a worker that dies: words, and a new one', async ({ page, site }) => {
    await open(page, site, '#/train?v=1&stop=100000')
    await expect(phase(page)).toHaveText('running')
    const worker = page.workers().find((one) => one.url().includes('/session-'))!
    await worker.evaluate(() => {
      setTimeout(() => {
        throw new Error('it fell over')
      })
    })
    await expect(phase(page)).toHaveText('failed')
    await expect(page.getByRole('region', { name: 'Failed' })).toContainText('The worker that trains has died')
    await page.getByRole('button', { name: 'Start anew' }).click()
    await expect(phase(page)).toHaveText('running')
  })

  test('a loss that is no number: words, and a lower rate', async ({ page, site }) => {
    await open(
      page,
      site,
      '#/train?v=1&activation=relu&optimizer=sgd&rate=10&widths=64.64.64.64&schedule=constant&stop=4000&speed=full',
    )
    const failed = page.getByRole('region', { name: 'Failed' })
    await expect(failed).toContainText(/the loss became NaN at step \d+/)
    await expect(page.locator('[data-name=loss]')).toContainText('NaN')
    await failed.getByRole('button', { name: 'Rate ÷ 10, and again' }).click()
    await expect(page.getByRole('textbox', { name: 'Rate' })).toHaveValue('1')
  })
  test('memory that is refused: words, and a smaller batch', async ({ page, site }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await open(page, site, '#/train?v=1&stop=20&speed=full&batch=32')
    await expect(phase(page)).toHaveText('idle')
    const worker = page.workers().find((one) => one.url().includes('/session-'))!
    await worker.evaluate(() => {
      WebAssembly.Memory.prototype.grow = () => {
        throw new RangeError('no more memory')
      }
    })
    await page.getByRole('textbox', { name: 'Batch' }).fill('400')
    await page.getByRole('textbox', { name: 'Widths, layer 1' }).fill('512')
    await page.getByRole('textbox', { name: 'Widths, layer 2' }).fill('512')
    await page.getByRole('textbox', { name: 'Widths, layer 2' }).blur()
    const failed = page.getByRole('region', { name: 'Failed' })
    await expect(failed).toContainText(/memory|bytes/)
    await failed.getByRole('button', { name: 'Halve the batch' }).click()
    await expect(page.getByRole('textbox', { name: 'Batch' })).toHaveValue('200')
  })
})
