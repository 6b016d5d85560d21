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

test('Graph: a script that is missing is said, and loaded by another try', async ({ page, site }) => {
  const script = '**/assets/planner-*.js'
  await page.context().route(script, (route) => route.fulfill({ status: 404 }))
  await open(page, site, '#/graph')
  const failed = page.getByRole('region', { name: 'Failed' })
  await expect(failed).toContainText('The plan could not be drawn: the worker could not be loaded')
  await page.context().unroute(script)
  await failed.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('group', { name: /^Plan/ }).getByText('Forward')).toBeVisible()
})

test('Graph: placing is given up and begun again; model, part and backend are chosen', async ({ page, site }) => {
  await page.addInitScript(() => {
    /** Workers that lay out wait for a sign. */
    class Held extends Worker {
      readonly isHeld: boolean
      constructor(url: string | URL, options?: WorkerOptions) {
        super(url, options)
        this.isHeld = options?.name === 'layout'
      }
      override postMessage(message: unknown): void {
        if (!this.isHeld || 'isFree' in globalThis) super.postMessage(message)
      }
    }
    globalThis.Worker = Held
  })
  await open(page, site, '#/graph?v=1&model=plane')
  await expect(page.getByText(/^Placing \d+ boxes …/)).toBeVisible()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await expect(page.getByRole('region', { name: 'Note' })).toContainText('The boxes were not placed.')
  await page.evaluate(() => Object.assign(globalThis, { isFree: true }))
  await page.getByRole('button', { name: 'Place them' }).click()
  const plan = page.getByRole('group', { name: /^Plan/ })
  await expect(plan.getByText('Backward')).toBeVisible()
  await page.getByRole('radio', { name: 'the loss alone' }).check({ force: true })
  await expect(plan.getByText('Forward')).toBeVisible()
  await expect(plan.getByText('Backward')).toBeHidden()
  await page.getByRole('combobox', { name: 'Model' }).selectOption('mlp')
  await page.getByRole('combobox', { name: 'Backend' }).selectOption('webgpu')
  await expect(page).toHaveURL(/v=1&pass=forward&backend=webgpu/)
  const note = page.getByRole('region', { name: 'Note' })
  await expect(note).toContainText('This is the plan of the CPU: webgpu:')
  await note.getByRole('button', { name: 'Choose the CPU' }).click()
  await expect(note).toBeHidden()
  await expect(plan.getByText('Forward')).toBeVisible()
})

test('Graph: a plan with too many boxes is closed again', async ({ page, site }) => {
  await open(page, site, '#/code')
  const many = `import { createRuntime, cpu, matmul, scope } from 'gradloom'
const rt = createRuntime({ backends: [cpu({ threads: 1 })] })
const step = rt.variables().compile((ctx) => {
  let x = ctx.placeholder('x', [2, 2])
  const w = x
  scope('chain', () => {
    for (let i = 0; i < 420; i++) x = matmul(x, w)
  })
  return { x }
})
console.log((await step({ x: [[1, 0], [0, 1]] })).x.shape)`
  await page.getByRole('textbox', { name: 'Program' }).fill(many)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('button', { name: 'Its plan' }).click()
  const chain = page.getByRole('group', { name: /^Plan/ }).getByRole('button', { name: /^chain 420 steps/ })
  await chain.click()
  await page.getByRole('region', { name: 'Selection' }).getByRole('button', { name: 'Open' }).click()
  await page.getByRole('region', { name: 'Notice' }).getByRole('button', { name: 'Close all scopes' }).click()
  await expect(chain).toBeVisible()
})

test('a page whose script is missing is said, and loaded by another try', async ({ page, site }) => {
  const script = '**/assets/Bench-*.js'
  await page.context().route(script, (route) => route.fulfill({ status: 404 }))
  await open(page, site, '#/bench')
  const failed = page.getByRole('region', { name: 'Failed' })
  await expect(failed).toContainText('Bench could not be loaded')
  await page.context().unroute(script)
  await failed.getByRole('button', { name: 'Try again' }).click()
  await expect(page.getByRole('button', { name: 'Measure', exact: true })).toBeVisible()
})

test('all cores are had by a reload, where the page was in use before that was possible', async ({ page, plain }) => {
  await page.addInitScript(() => sessionStorage.setItem('gradloom reloaded', 'yes'))
  await open(page, plain, '#/train?v=1&stop=20&speed=full')
  await page.getByRole('button', { name: 'This machine: CPU, 1 thread. Report' }).click()
  await page.getByRole('button', { name: /^Use all cores/ }).click()
  await expect.poll(() => page.evaluate(() => crossOriginIsolated).catch(() => false)).toBe(true)
  await expect(phase(page)).toHaveText('finished')
})

for (const name of ['train', 'write', 'memory', 'graph', 'code', 'op', 'bench'])
  test(`${name}: what was put right in a link is said until it is understood`, async ({ page, site }) => {
    await page.emulateMedia({ reducedMotion: 'reduce' })
    await open(page, site, `#/${name}?v=1&colour=red`)
    const notice = page.getByRole('region', { name: 'Notice' })
    await expect(notice).toContainText('There is no setting ‘colour’.')
    await notice.getByRole('button', { name: 'Understood' }).click()
    await expect(notice).toBeHidden()
  })

test('every page is reached by its keys and by its link', async ({ page, site }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await open(page, site, '#/bench')
  const links = page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link')
  const names = await links.allInnerTexts()
  expect(names.length).toBeGreaterThan(6)
  for (const name of names) {
    const heading = page.locator('main').getByRole('heading', { name: name.trim(), exact: true, level: 2 })
    await links.filter({ hasText: name }).click()
    await expect(heading).toBeAttached()
  }
  await page.locator('body').press('g')
  await page.locator('body').press('m')
  await expect(page.locator('main').getByRole('heading', { name: 'Memory', exact: true, level: 2 })).toBeAttached()
})
