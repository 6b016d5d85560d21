import { expect, open, phase, test } from './support/site.ts'

test.use({
  launchOptions: {
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--no-first-run', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
  },
})

test('Train learns the moons with WebGPU, on an adapter in software', async ({ page, site }) => {
  test.setTimeout(180_000)
  await open(page, site, '#/train?v=1&backend=webgpu&stop=150&speed=full')
  await expect(phase(page)).toHaveText('finished', { timeout: 150_000 })
  await expect(page.locator('[data-name=accuracy]')).toHaveText(/^\s*(100\.00|[89]\d\.\d\d)\s%$/)
  await page.getByRole('button', { name: /This machine/ }).click()
  await expect(
    page.getByText('Train, Write, Memory, Graph, Op and Bench can use it where there is an adapter.'),
  ).toBeVisible()
})

test('Bench measures products on WebGPU, names the adapter, and tells the share of its peak', async ({
  page,
  site,
}) => {
  test.setTimeout(240_000)
  await open(page, site, '#/bench?v=1&rows=matmul-256')
  await page.getByRole('button', { name: 'Measure' }).click()
  await expect(page.locator('[data-name=bench]')).toHaveText('finished', { timeout: 200_000 })
  await expect(page.getByRole('columnheader', { name: /^WebGPU/ })).toContainText(/in software; peak \d.*\sGFLOPS/)
  const cell = page
    .getByRole('row', { name: /256 x 256/ })
    .getByRole('cell')
    .last()
  await expect(cell).toContainText(/GFLOPS, \d+(\.\d)?\s% of the peak/)
  // Nothing is faster than what the adapter can do at most.
  const [, share] = /, ([\d.]+)\s% of the peak/.exec((await cell.textContent())!)!
  expect(Number(share)).toBeLessThan(110)
  await expect(cell.getByRole('img', { name: /^15 samples/ })).toBeVisible()
})

test('Op runs on WebGPU too: the same value, its time, and the shader that its formula became', async ({
  page,
  site,
}) => {
  test.setTimeout(180_000)
  await open(page, site, '#/op')
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await expect(page.locator('[data-name=op]')).toHaveText('finished', { timeout: 150_000 })
  const checks = page.getByRole('region', { name: 'Checks' })
  await expect(checks.getByText(': right')).toHaveCount(9)
  await expect(checks.getByRole('listitem').filter({ hasText: 'Value on WebGPU' })).toContainText(
    'the same as on the CPU',
  )
  await expect(checks.getByRole('listitem').filter({ hasText: 'Its kernel in WGSL' })).toContainText(/@compute.*tanh/s)
})

test('Op takes WGSL: the kernel is compared and timed; what the device refuses is told with its line', async ({
  page,
  site,
}) => {
  test.setTimeout(240_000)
  await open(page, site, '#/op')
  await page.getByRole('button', { name: 'One with WGSL' }).click()
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  const state = page.locator('[data-name=op]')
  await expect(state).toHaveText('finished', { timeout: 200_000 })
  const checks = page.getByRole('region', { name: 'Checks' })
  const stage = (hasText: string) => checks.getByRole('listitem').filter({ hasText })
  await expect(checks.getByText(': right')).toHaveCount(9)
  await expect(stage('Value on WebGPU')).toContainText('the same as on the CPU')
  await expect(stage('Time, WebGPU')).toContainText(/\d\s(µs|ms) \(.*; decomposed: \d+(\.\d+)?\s(µs|ms) \(/)
  await expect(stage('Its kernel in WGSL')).toContainText('sum = input0(i) + decay * sum;')
  const wgsl = page.getByRole('textbox', { name: 'WGSL' })
  await wgsl.fill('fn kernel(row: i32) {\n  setOutput0(row, nothing(row));\n}\n')
  await page.keyboard.press('Control+Enter')
  await expect(state).toHaveText('finished', { timeout: 100_000 })
  await expect(stage('Value on WebGPU')).toContainText(/acme\/leaky: .* line 2 "setOutput0.*nothing/)
  await page.getByRole('button', { name: 'Go to line 2 of the WGSL' }).click()
  await expect(wgsl).toBeFocused()
  // Right WGSL that computes something else.
  await wgsl.fill(
    'fn kernel(row: i32) { for (var i = row * size; i < (row + 1) * size; i++) { setOutput0(i, decay); } }',
  )
  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await expect(state).toHaveText('finished', { timeout: 100_000 })
  await expect(stage('Value on WebGPU')).toContainText(/: wrong.*other than on the CPU/s)
})

test('Graph shows the plan of WebGPU', async ({ page, site }) => {
  test.setTimeout(120_000)
  await open(page, site, '#/graph?v=1&model=mlp')
  await page.getByRole('combobox', { name: 'Backend' }).selectOption('webgpu')
  await expect(page).toHaveURL(/backend=webgpu/)
  await expect(page.getByRole('group', { name: /^Plan/ }).getByText('Update')).toBeVisible({ timeout: 100_000 })
  await expect(page.getByRole('region', { name: 'Note' })).toBeHidden()
})

test('digits are learnt to 95 % of the tests with WebGPU', async ({ page, site }) => {
  test.setTimeout(400_000)
  await open(page, site, '#/train?v=1&data=mnist&backend=webgpu&batch=128&stop=700&goal=97')
  await expect(phase(page)).toHaveText('finished', { timeout: 360_000 })
  await expect(page.locator('[data-name=accuracy]')).toHaveText(/^\s*(100\.00|9[5-9]\.\d\d)\s%$/)
})

test('a device that is lost: words, and training goes on from the step it was at, with another', async ({
  page,
  site,
}) => {
  test.setTimeout(180_000)
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await open(page, site, '#/train?v=1&backend=webgpu&stop=60&speed=full')
  await expect(phase(page)).toHaveText('idle', { timeout: 60_000 })
  await page.getByRole('button', { name: 'Step', exact: true }).click()
  await expect(phase(page)).toHaveText('paused', { timeout: 60_000 })
  const loss = await page.locator('[data-name=loss]').textContent()
  const worker = page.workers().find((one) => one.url().includes('/session-'))!
  await worker.evaluate(() => {
    const { createCommandEncoder } = GPUDevice.prototype
    GPUDevice.prototype.createCommandEncoder = function (this: GPUDevice, options) {
      GPUDevice.prototype.createCommandEncoder = createCommandEncoder
      this.destroy()
      return createCommandEncoder.call(this, options)
    }
  })
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  const failed = page.getByRole('region', { name: 'Failed' })
  await expect(failed).toContainText(/device/i, { timeout: 60_000 })
  await expect(page.locator('[data-name=loss]')).toHaveText(loss!)
  await failed.getByRole('button', { name: 'Go on with a new device' }).click()
  await expect(phase(page)).toHaveText('finished', { timeout: 90_000 })
  await expect(failed).toBeHidden()
  // It has learnt on from where it was.
  const [before, after] = [loss!, (await page.locator('[data-name=loss]').textContent())!].map(Number)
  expect(after).toBeLessThan(before)
})

test('Write trains a GPT with WebGPU, and writes with it', async ({ page, site }) => {
  test.setTimeout(240_000)
  await open(page, site, '#/write?v=1&blocks=1&heads=2&width=16&context=16&batch=8&stop=10')
  await page.getByRole('combobox', { name: 'Backend' }).selectOption('webgpu')
  await page.getByRole('button', { name: 'Run anew' }).click()
  await expect(page).toHaveURL(/backend=webgpu/)
  await expect(phase(page)).toHaveText('finished', { timeout: 200_000 })
  await expect(page.locator('[data-name=loss]')).toHaveText(/^\s*\d\.\d{4}$/)
  await expect(page.locator('[data-name=sample]')).toHaveText(/^And God said[\s\S]{20,}/, { timeout: 60_000 })
})

test('Memory plans for WebGPU, and measures policies on it', async ({ page, site }) => {
  test.setTimeout(240_000)
  await open(page, site, '#/memory?v=1&model=mlp&backend=webgpu')
  await expect(page.locator('[data-name=memory]')).toHaveText('ready', { timeout: 100_000 })
  await page.getByRole('button', { name: 'Measure all policies' }).click()
  const side = page.getByRole('region', { name: 'Peak against time' })
  await expect(side.getByRole('row', { name: /^keep nothing/ })).toContainText(/\d\s(µs|ms) \(/, { timeout: 200_000 })
})
