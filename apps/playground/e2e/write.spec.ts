import { readFileSync } from 'node:fs'
import { colours, expect, open, phase, shifts, test, watchShifts } from './support/site.ts'

const small = 'v=1&blocks=1&heads=2&width=16&context=16&batch=8'

test.describe('write', () => {
  test('trains a GPT by itself, writes as it learns, and draws whom it looks at', async ({ page, site }) => {
    test.setTimeout(120_000)
    await watchShifts(page)
    await open(page, site, `#/write?${small}&stop=150`)
    await expect(phase(page)).toHaveText('finished', { timeout: 90_000 })
    const bits = Number(await page.locator('[data-name=loss]').textContent())
    // 6 bits are what knowing nothing costs; the letters' own frequencies cost 4.3.
    expect(bits).toBeLessThan(4.8)
    await expect(page.locator('[data-name=sample]')).toHaveText(/^And God said[\s\S]{100,}/)
    await expect(page.getByText('at step 150', { exact: true })).toBeVisible()
    await expect(page.getByRole('list', { name: 'What was likely there' }).getByRole('listitem')).toHaveCount(4)
    expect(await colours(page, 'Attention of 16 characters')).toBeGreaterThan(3)
    await page.getByRole('button', { name: 'Layer 1 head 2' }).click()
    await expect(page.getByRole('heading', { name: 'Attention, layer 1 head 2' })).toBeVisible()
    await page.getByRole('button', { name: 'Character 3, d' }).click()
    await expect(page.getByRole('table', { name: 'What character 3 looks at' }).getByRole('row')).toHaveCount(4)
    expect(await shifts(page)).toBeLessThan(0.02)
  })

  test('writes on and stops, takes another sentence, and keeps both in the link', async ({ page, site }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await open(page, site, `#/write?${small}&stop=20`)
    await expect(phase(page)).toHaveText('idle')
    const sample = page.locator('[data-name=sample]')
    const before = (await sample.textContent())!.length
    await page.getByRole('button', { name: 'Write on' }).click()
    await expect.poll(async () => (await sample.textContent())!.length).toBeGreaterThan(before + 5)
    await page.getByRole('button', { name: 'Stop writing' }).click()
    await page.getByRole('textbox', { name: 'Sentence' }).fill('In the')
    await expect(page.getByRole('img', { name: 'Attention of 6 characters' })).toBeVisible()
    await page.getByRole('textbox', { name: 'Temperature' }).fill('0.1')
    await page.getByRole('textbox', { name: 'Temperature' }).blur()
    await expect(page).toHaveURL(/temperature=0.1&sentence=In\+the/)
    await page.getByRole('button', { name: 'Step', exact: true }).click()
    await expect(page.getByText(/^\s*1 \/ 20$/)).toBeVisible()
    await expect(phase(page)).toHaveText('paused')
    // Space belongs to a button that has the focus.
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(phase(page)).toHaveText('finished')
    await page.getByRole('textbox', { name: 'Heads' }).fill('3')
    await page.getByRole('textbox', { name: 'Heads' }).blur()
    await expect(page.getByText('Changed: applies on reset')).toBeVisible()
    await page.getByRole('button', { name: 'Reset' }).click()
    await expect(phase(page)).toHaveText('idle')
    await expect(page.getByRole('textbox', { name: 'Width' })).toHaveValue('18')
    await sample.focus()
    await page.keyboard.press('ArrowLeft')
    await expect(page.locator('.sample .here')).toHaveCount(1)
  })

  test('weights go as safetensors and back; older samples stay in sight; curves go too', async ({ page, site }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await open(page, site, `#/write?${small}&stop=30`)
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(phase(page)).toHaveText('finished', { timeout: 60_000 })
    const caption = page.getByText(/^Loss, 30 steps: .* test /)
    const [, learnt] = /to (\d\.\d{4})$/.exec((await caption.textContent())!)!
    const saved = async (name: string): Promise<string> => {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ])
      return (await download.path())!
    }
    const weights = readFileSync(await saved('Save weights'))
    expect(weights.toString('latin1')).toContain('block0/attention/query')
    expect(readFileSync(await saved('Loss as CSV'), 'utf8')).toMatch(/^series,step,value\ntrain,1,/)
    expect([...readFileSync(await saved('Loss as PNG')).subarray(1, 4)]).toEqual([...Buffer.from('PNG')])
    await page.getByText(/^Before \([1-9]\d*\)$/).click()
    await expect(page.locator('.sample.old').first()).toContainText('And God said')
    await page.getByRole('button', { name: 'Reset' }).click()
    await expect(phase(page)).toHaveText('idle')
    await page.getByLabel('File of weights').setInputFiles({ name: 'w.safetensors', mimeType: '', buffer: weights })
    await expect(page.getByRole('status').filter({ hasText: 'The weights are loaded.' })).toHaveCount(1)
    await page.getByText('Table').click()
    await expect(page.getByRole('region', { name: 'Loss as a table' }).getByText(learnt)).toBeVisible()
  })

  test('the text that is missing: words, and another try', async ({ page, site }) => {
    await page.context().route('**/text-*.txt', (route) => route.fulfill({ status: 404 }))
    await open(page, site, `#/write?${small}&stop=5`)
    await expect(page.getByRole('region', { name: 'Failed' })).toContainText('the text could not be loaded: status 404')
    await page.context().unroute('**/text-*.txt')
    await page.getByRole('button', { name: 'Start anew' }).click()
    await expect(phase(page)).toHaveText('finished')
  })
})
