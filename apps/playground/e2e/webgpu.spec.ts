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
  await expect(page.getByText('Train can use it where there is an adapter')).toBeVisible()
})

test('a link that asks for WebGPU trains on the CPU where there is none', async ({ page, site }) => {
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'gpu', { value: undefined })
    delete (Navigator.prototype as { gpu?: unknown }).gpu
  })
  await open(page, site, '#/train?v=1&backend=webgpu&stop=40&speed=full')
  await expect(phase(page)).toHaveText('finished')
})
