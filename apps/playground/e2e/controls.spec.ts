import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { expect, folder, open, phase, test } from './support/site.ts'

// Controls that the other tests have no use for: all of every page are touched.

test('the digits are given up while they load, and the moons come instead', async ({ page, site }) => {
  const assets = path.join(folder, 'assets')
  const file = readFileSync(
    path.join(
      assets,
      readdirSync(assets).find((name) => name.endsWith('.bin'))!,
    ),
  )
  // The first part of the file, and then nothing more.
  const slow = createServer((_, response) => {
    response.writeHead(200, { 'content-length': file.length })
    response.write(file.subarray(0, 2 ** 20))
  })
  await new Promise<void>((started) => void slow.listen(0, '127.0.0.1', started))
  const { port } = slow.address() as AddressInfo
  await page.context().route('**/*.bin', (route) => route.continue({ url: `http://127.0.0.1:${port}/` }))
  await open(page, site, '#/train?v=1&data=mnist&stop=20')
  await expect(page.getByText(/^Loading the digits: \S+\sMiB of \d\.\d\d\sMiB$/)).toBeVisible()
  await page.getByRole('button', { name: 'Cancel, use the moons' }).click()
  await expect(page.getByRole('img', { name: /^The plane/ })).toBeVisible()
  await expect(phase(page)).toHaveText('running')
  slow.closeAllConnections()
  slow.close()
})

test('a failure is copied with its details, and dialogs close by their button', async ({ page, site, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.context().route('**/*.bin', (route) => route.fulfill({ status: 404 }))
  await open(page, site, '#/train?v=1&data=mnist&stop=20')
  await page.getByRole('region', { name: 'Failed' }).getByRole('button', { name: 'Copy details' }).click()
  const copied = await page.evaluate(() => navigator.clipboard.readText())
  expect(copied).toContain('DataError DATA')
  expect(copied).toContain('status 404')
  await page.getByRole('button', { name: /^This machine/ }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click()
  await expect(page.getByRole('dialog')).toBeHidden()
})

test('Graph: a scope is closed from within', async ({ page, site }) => {
  await open(page, site, '#/graph?v=1&model=gpt&open=forward:block0')
  const plan = page.getByRole('group', { name: /^Plan/ })
  await expect(plan.getByText('Forward')).toBeVisible()
  const before = await plan.getByRole('button').count()
  await page.getByRole('searchbox', { name: 'Search' }).fill('attention')
  await page.keyboard.press('Enter')
  await page.getByRole('region', { name: 'Selection' }).getByRole('button', { name: 'Close its scope' }).click()
  await expect.poll(() => plan.getByRole('button').count()).toBeLessThan(before)
})

// This browser offers WebGPU, and has no adapter.
for (const hash of [
  '#/train?v=1&backend=webgpu&stop=40&speed=full',
  '#/write?v=1&backend=webgpu&blocks=1&width=8&stop=3',
])
  test(`a link that asks for WebGPU trains on the CPU where there is none, and says so: ${hash}`, async ({
    page,
    site,
  }) => {
    await open(page, site, hash)
    await expect(phase(page)).toHaveText('finished', { timeout: 45_000 })
    await expect(page.getByText(/^The CPU computes: webgpu: /)).toBeVisible()
  })

test('Memory: a backend that is not there is said, the CPU plans; a measuring stops', async ({ page, site }) => {
  test.setTimeout(120_000)
  await open(page, site, '#/memory?v=1&model=mlp&backend=webgpu')
  const state = page.locator('[data-name=memory]')
  await expect(state).toHaveText('ready', { timeout: 60_000 })
  const note = page.getByRole('region', { name: 'Note' })
  await expect(note).toContainText('This is the plan of the CPU: webgpu:')
  await note.getByRole('button', { name: 'Choose the CPU' }).click()
  await expect(note).toBeHidden()
  await expect(state).toHaveText('ready', { timeout: 60_000 })
  // Plans of all policies are there before any is measured.
  const side = page.getByRole('region', { name: 'Peak against time' })
  await expect(side.getByRole('row', { name: /^keep nothing .* %$/ })).toBeVisible({ timeout: 60_000 })
  await page.getByRole('button', { name: 'Measure all policies' }).click()
  await expect(state).toHaveText('measuring')
  await page.getByRole('button', { name: 'Stop' }).click()
  await expect(state).toHaveText('ready')
  await page.getByRole('combobox', { name: 'Model' }).selectOption('plane')
  await expect(page).toHaveURL(/model=plane/)
  await expect(state).toHaveText('ready', { timeout: 60_000 })
})

test('Code: the stack of a failure opens', async ({ page, site }) => {
  await open(page, site, '#/code?v=1&example=mistake')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  const failed = page.getByRole('region', { name: 'Failed' })
  await failed.getByText('Stack').click()
  await expect(failed.getByText(/program\.ts/)).toBeVisible()
})

test('Bench: a measuring that fails is begun again', async ({ page, site }) => {
  test.setTimeout(120_000)
  const script = '**/assets/bench-*.js'
  await page.context().route(script, (route) => route.fulfill({ status: 404 }))
  await open(page, site, '#/bench')
  for (const row of ['512 x 512', '1024 x 1024', 'CNN', 'GPT'])
    await page
      .getByRole('row', { name: new RegExp(row) })
      .getByRole('checkbox')
      .uncheck()
  await expect(page).toHaveURL(/rows=matmul-256$/)
  await page.getByRole('button', { name: 'Measure', exact: true }).click()
  await expect(page.locator('[data-name=bench]')).toHaveText('failed')
  await page.context().unroute(script)
  await page.getByRole('region', { name: 'Failed' }).getByRole('button', { name: 'Measure again' }).click()
  await expect(page.locator('[data-name=bench]')).toHaveText('finished', { timeout: 60_000 })
})
