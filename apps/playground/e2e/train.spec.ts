import { colours, expect, open, phase, shifts, test, watchShifts } from './support/site.ts'

test.describe('train', () => {
  test('learns the moons by itself, draws what it knows, and stops at its end', async ({ page, site }) => {
    await watchShifts(page)
    await open(page, site, '#/train?v=1&stop=1500&speed=full')
    await expect(phase(page)).toHaveText('finished')
    await expect(page.locator('[data-name=accuracy]')).toHaveText(/^\s*(100\.00|9[5-9]\.\d\d)\s%$/)
    expect(await colours(page, 'What the network says of each place')).toBeGreaterThan(8)
    expect(await colours(page, /The plane/)).toBeGreaterThan(3)
    await expect(page.getByRole('img', { name: /^Loss, 1,500 steps: train .* to/ })).toBeVisible()
    expect(await shifts(page)).toBeLessThan(0.02)
  })

  test('keeps the width of every number while they change', async ({ page, site }) => {
    await open(page, site, '#/train?v=1&stop=100000&speed=full')
    await expect(phase(page)).toHaveText('running')
    const widths = await page.evaluate(async () => {
      const numbers = [...document.querySelectorAll<HTMLElement>('.status .num, .hero')]
      const seen = numbers.map(() => new Set<number>())
      const texts = new Set<string>()
      for (let i = 0; i < 100; i++) {
        await new Promise((resolve) => setTimeout(resolve, 40))
        numbers.forEach((element, k) => seen[k].add(Math.round(element.getBoundingClientRect().width)))
        texts.add(numbers.map((element) => element.textContent).join())
      }
      return { counts: seen.map((set) => set.size), changes: texts.size }
    })
    expect(widths.changes).toBeGreaterThan(10)
    expect(widths.counts.filter((count) => count > 1)).toEqual([])
  })

  for (const [data, goal] of [
    ['spirals', 90],
    ['rings', 95],
  ] as const)
    test(`learns the ${data}`, async ({ page, site }) => {
      await open(page, site, `#/train?v=1&data=${data}&speed=full&goal=${goal}&stop=10000`)
      await expect(phase(page)).toHaveText('finished')
      await expect(page.locator('[data-name=accuracy]')).toHaveText(/^\s*(100\.00|9\d\.\d\d)\s%$/)
    })

  test('learns digits to 95 % of the tests, and reads one that is drawn', async ({ page, site, watched }) => {
    test.setTimeout(180_000)
    await open(page, site, '#/train?v=1&data=mnist&stop=6000&goal=95')
    await expect(phase(page)).toHaveText('finished', { timeout: 150_000 })
    await expect(page.getByText('of 10,000 tests')).toBeVisible()
    await expect(page.locator('[data-name=accuracy]')).toHaveText(/^\s*9[4-9]\.\d\d\s%$/)
    expect(watched.requests.filter((url) => url.endsWith('.bin'))).toHaveLength(1)
    expect(await colours(page, 'Unit 1')).toBeGreaterThan(4)

    const pad = page.getByRole('application', { name: /Drawing area/ })
    const box = (await pad.boundingBox())!
    await page.mouse.move(box.x + 98, box.y + 30)
    await page.mouse.down()
    await page.mouse.move(box.x + 94, box.y + 100, { steps: 8 })
    await page.mouse.move(box.x + 90, box.y + 165, { steps: 8 })
    await page.mouse.up()
    await expect(page.getByRole('list', { name: 'It looks like 1' })).toBeVisible()
    await page.getByRole('button', { name: 'Clear' }).click()
    await expect(page.getByRole('list', { name: /scores of the ten digits/ })).toBeVisible()
    await pad.focus()
    for (let i = 0; i < 7; i++) await page.keyboard.press('ArrowUp')
    for (let i = 0; i < 15; i++) await page.keyboard.press('Shift+ArrowDown')
    await expect(page.getByRole('list', { name: /It looks like/ })).toBeVisible()

    await page.getByRole('button', { name: 'Unit 3', exact: true }).click()
    await expect(page.getByRole('img', { name: 'How the numbers of unit 3 are spread' })).toBeVisible()
  })

  test('trains a convolution, and shows its kernels', async ({ page, site }) => {
    await open(page, site, '#/train?v=1&data=mnist&model=cnn&channels=4.8&widths=16&stop=20')
    await expect(phase(page)).toHaveText('finished')
    await expect(page.getByText(/4 units: weights/)).toBeVisible()
    await expect(page.locator('[data-name=loss]')).toHaveText(/\d\.\d{4}/)
  })

  test('runs, pauses, steps and resets by its buttons and by keys', async ({ page, site }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await open(page, site)
    await expect(phase(page)).toHaveText('idle')
    await page.getByRole('button', { name: 'Step', exact: true }).click()
    await expect(phase(page)).toHaveText('paused')
    await expect(page.getByText(/^\s*1 \/ 2,000$/)).toBeVisible()
    // Space on the button that has the focus presses that.
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur())
    await page.locator('body').press('s')
    await expect(page.getByText(/^\s*2 \/ 2,000$/)).toBeVisible()
    await page.locator('body').press('Space')
    await expect(phase(page)).toHaveText('running')
    await page.locator('body').press('Space')
    await expect(phase(page)).toHaveText('paused')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(phase(page)).toHaveText('running')
    await page.getByRole('button', { name: 'Pause', exact: true }).click()
    await expect(phase(page)).toHaveText('paused')
    await page.locator('body').press('r')
    await expect(phase(page)).toHaveText('idle')
    await expect(page.getByText(/^\s*0 \/ 2,000$/)).toBeVisible()
    await expect(page.getByRole('cell', { name: 'the first run' })).toBeVisible()
  })

  test('Run right after Step trains on, to the end', async ({ page, site }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await open(page, site, '#/train?v=1&stop=300&speed=full')
    await expect(phase(page)).toHaveText('idle')
    const run = page.getByRole('button', { name: 'Run', exact: true })
    await page.getByRole('button', { name: 'Step' }).evaluate(
      (step, other) => {
        ;(step as HTMLButtonElement).click()
        ;(other as HTMLButtonElement).click()
      },
      await run.elementHandle(),
    )
    await expect(phase(page)).toHaveText('finished')
    await expect(page.getByText(/^\s*300 \/ 300$/)).toBeVisible()
  })

  test('goes on after its end, as far again', async ({ page, site }) => {
    await open(page, site, '#/train?v=1&stop=30&speed=full')
    await expect(phase(page)).toHaveText('finished')
    await page.getByRole('button', { name: 'Go on' }).click()
    await expect(page.getByText(/^\s*60 \/ 60$/)).toBeVisible()
    await expect(phase(page)).toHaveText('finished')
  })

  test('the same seed gives the same losses', async ({ page, site }) => {
    const losses: (string | null)[] = []
    for (const threads of [1, 2]) {
      await open(page, site, `#/train?v=1&stop=40&speed=full&seed=3&threads=${threads}`)
      await expect(phase(page)).toHaveText('finished')
      losses.push(await page.locator('[data-name=loss]').textContent())
      await page.goto('about:blank')
    }
    expect(losses[0]).toMatch(/\d\.\d{4}/)
    expect(losses[1]).toBe(losses[0])
  })

  test('every control is in the link, and applies on reset', async ({ page, site }) => {
    await open(page, site, '#/train?v=1&stop=20&speed=full')
    await expect(phase(page)).toHaveText('finished')
    await page.getByRole('textbox', { name: 'Noise' }).fill('0.2')
    await page.getByRole('textbox', { name: 'Widths, layer 1' }).fill('5')
    await page.getByRole('button', { name: 'Widths: one layer more' }).click()
    await page.getByRole('button', { name: 'Widths: one layer more' }).click()
    await page.getByRole('button', { name: 'Widths: one layer less' }).click()
    await page.getByRole('combobox', { name: 'Activation' }).selectOption('relu')
    await page.getByRole('combobox', { name: 'Optimizer' }).selectOption('momentum')
    await page.getByRole('textbox', { name: 'Rate' }).fill('0.05')
    await page.getByRole('textbox', { name: 'Rate' }).press('Enter')
    await page.getByRole('combobox', { name: 'Schedule' }).selectOption('warmup')
    await page.getByRole('textbox', { name: 'Batch' }).fill('16')
    await page.getByRole('textbox', { name: 'Seed' }).fill('11')
    await page.getByRole('textbox', { name: 'Steps' }).fill('25')
    await page.getByRole('textbox', { name: 'Stop at' }).fill('99.5')
    await page.getByRole('textbox', { name: 'Threads' }).fill('1')
    await page.getByRole('textbox', { name: 'Threads' }).press('Enter')
    await page.getByRole('combobox', { name: 'Speed' }).selectOption('watch')
    await expect(page.getByText('Changed: applies on reset')).toBeVisible()
    await expect(page).toHaveURL(
      /#\/train\?v=1&noise=0.2&widths=5.8.8&activation=relu&optimizer=momentum&rate=0.05&schedule=warmup&batch=16&seed=11&stop=25&goal=99.5&threads=1$/,
    )
    await page.getByRole('button', { name: 'Run anew' }).click()
    await expect(page.getByText(/^\s*25 \/ 25$/)).toBeVisible()
    await expect(phase(page)).toHaveText('finished')
    await page.getByRole('button', { name: 'Reset' }).click()
    await expect(
      page.getByRole('cell', { name: /noise 0.08 → 0.2, widths 8.8 → 5.8.8, activation tanh → relu/ }),
    ).toBeVisible()
    await page.getByRole('button', { name: 'Use the settings of run 1' }).click()
    await expect(page.getByRole('textbox', { name: 'Batch' })).toHaveValue('32')
    await page.getByRole('button', { name: 'Show the curves of run 2' }).click()
    await expect(page.getByRole('button', { name: 'Hide the curves of run 2' })).toBeVisible()
    await page.getByRole('radio', { name: 'Digits' }).check({ force: true })
    await page.getByRole('radio', { name: 'Convolution' }).check({ force: true })
    await page.getByRole('textbox', { name: 'Channels, layer 2' }).fill('6')
    await page.getByRole('textbox', { name: 'Channels, layer 2' }).blur()
    await expect(page).toHaveURL(/data=mnist&model=cnn&channels=8.6/)
  })

  test('what changes while a run opens is in the run that opens', async ({ page, site }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await open(page, site, '#/train?v=1&stop=20&speed=full&widths=8.8')
    await expect(phase(page)).toHaveText('idle')
    const width = page.getByRole('textbox', { name: 'Widths, layer 1' })
    await page.getByRole('textbox', { name: 'Batch' }).evaluate(
      (batch, other) => {
        const write = (box: Element, text: string) => {
          ;(box as HTMLInputElement).value = text
          box.dispatchEvent(new Event('change', { bubbles: true }))
        }
        write(batch, '16')
        write(other!, '32')
      },
      await width.elementHandle(),
    )
    await expect(page).toHaveURL(/widths=32.8&batch=16/)
    await expect(phase(page)).toHaveText('idle')
    await expect(page.getByText('Changed: applies on reset')).toHaveCount(0)
  })

  test('numbers out of range are held in it', async ({ page, site }) => {
    await open(page, site, '#/train?v=1&stop=20&speed=full')
    await page.getByRole('textbox', { name: 'Batch' }).fill('1000000')
    await page.getByRole('textbox', { name: 'Batch' }).blur()
    await expect(page.getByRole('textbox', { name: 'Batch' })).toHaveValue('2048')
    await page.getByRole('textbox', { name: 'Batch' }).fill('many')
    await page.getByRole('textbox', { name: 'Batch' }).blur()
    await expect(page.getByRole('textbox', { name: 'Batch' })).toHaveValue('2048')
  })

  test('curves go as CSV and PNG, weights as safetensors and back', async ({ page, site }) => {
    await open(page, site, '#/train?v=1&stop=20&speed=full')
    await expect(phase(page)).toHaveText('finished')
    const saved = async (name: string) => {
      const download = page.waitForEvent('download')
      await page.getByRole('button', { name }).click()
      const file = await download
      return { name: file.suggestedFilename(), path: await file.path() }
    }
    const { readFileSync } = await import('node:fs')
    const csv = await saved('Loss as CSV')
    const lines = readFileSync(csv.path, 'utf8').split('\n')
    expect(csv.name).toBe('loss.csv')
    expect(lines[0]).toBe('series,step,value')
    expect(lines.filter((line) => line.startsWith('train,'))).toHaveLength(20)
    const png = await saved('Accuracy as PNG')
    expect([...readFileSync(png.path).subarray(1, 4)]).toEqual([...Buffer.from('PNG')])
    const weights = await saved('Save weights')
    expect(weights.name).toBe('weights.safetensors')
    expect(readFileSync(weights.path, 'utf8')).toContain('first/weight')
    const before = await page.locator('[data-name=accuracy]').textContent()
    await page.getByRole('button', { name: 'Reset' }).click()
    await expect(phase(page)).toHaveText('idle')
    await page
      .getByLabel('File of weights')
      .setInputFiles({ name: 'w.safetensors', mimeType: '', buffer: readFileSync(weights.path) })
    await expect(page.getByRole('status').filter({ hasText: 'The weights are loaded.' })).toHaveCount(1)
    await expect(page.locator('[data-name=accuracy]')).toHaveText(before!)
    await page
      .getByLabel('File of weights')
      .setInputFiles({ name: 'w', mimeType: '', buffer: Buffer.from('no weights') })
    await expect(page.getByRole('region', { name: 'Notice' })).toContainText('The weights were not loaded')
    await expect(phase(page)).toHaveText('idle')
    await page.getByRole('button', { name: 'Understood' }).click()
    await page.getByText('Table').first().click()
    await expect(page.getByRole('region', { name: 'Loss as a table' }).getByRole('row').first()).toBeVisible()
  })
  test('a run opens as a program, which has the same losses', async ({ page, site }) => {
    test.setTimeout(240_000)
    const links = [
      'data=moons&stop=60&speed=full',
      'data=spirals&optimizer=momentum&schedule=warmup&activation=relu&seed=3&stop=60&speed=full',
      'data=mnist&widths=16.16&stop=20',
      'data=mnist&model=cnn&channels=4&widths=8&batch=16&stop=10',
    ]
    for (const link of links) {
      await open(page, site, `#/train?v=1&${link}`)
      await expect(phase(page)).toHaveText('finished')
      const loss = (await page.locator('[data-name=loss]').textContent())!.trim()
      const accuracy = (await page.locator('[data-name=accuracy]').textContent())!.trim().replace(/\s/, ' ')
      await page.getByRole('button', { name: 'As code' }).click()
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      const output = page.getByRole('log', { name: 'Printed lines' })
      await expect(output).toContainText(`last loss ${loss}`, { timeout: 60_000 })
      await expect(output).toContainText(`test accuracy ${accuracy}`, { timeout: 60_000 })
      await page.goto('about:blank')
    }
  })
})
