import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { serveFolder } from '../build/serve.mjs'
import { expect, folder, open, phase, test } from './support/site.ts'
import { reached, tasksOf } from './support/tasks.ts'

/** Minified and gzipped, all scripts up to the first loss. */
const FIRST_LOAD_BYTES = 150_000
const LONGEST_TASK_MS = 50
const FIRST_LOSS_MS = 2000

test.describe('first load', () => {
  test('weighs at most 150 kB of scripts, and shows a loss', async ({ page, site, watched }) => {
    await open(page, site)
    await expect(page.locator('[data-name=loss]')).toHaveText(/\d\.\d{4}/)
    const scripts = new Set(watched.requests.filter((url) => url.endsWith('.js') && !url.endsWith('sw.js')))
    const sizes = [...scripts].map((url) => {
      const bytes = readFileSync(path.join(folder, new URL(url).pathname))
      return gzipSync(bytes, { level: 9 }).length
    })
    expect(sizes.length).toBeGreaterThan(3)
    expect(sizes.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(FIRST_LOAD_BYTES)
  })

  test('computes less than two seconds, all threads together, up to the first loss', async ({ browser, site }) => {
    // Of some first loads the least: what the machine adds differs, what the page does is the same.
    let least = Infinity
    for (let tries = 0; tries < 5 && least >= FIRST_LOSS_MS; tries++) {
      const context = await browser.newContext()
      const page = await context.newPage()
      const { totalMs } = await tasksOf(page, async () => {
        await open(page, site)
        await expect(page.locator('[data-name=loss]')).toHaveText(/\d\.\d{4}/)
      })
      expect(totalMs).toBeGreaterThan(0)
      least = Math.min(least, totalMs)
      await context.close()
    }
    expect(least).toBeLessThan(FIRST_LOSS_MS)
  })

  test('keeps the page free: no task of 50 ms while it loads and trains', async ({ page, site }) => {
    const { longestMs } = await tasksOf(page, async (session) => {
      await page.goto(`${site.url}#/train?v=1&stop=400`)
      await reached(session, 'finished')
    })
    expect(longestMs).toBeGreaterThan(0)
    expect(longestMs).toBeLessThan(LONGEST_TASK_MS)
    // The page's own observer tells what it saw, waiting for the processor included.
    await expect(page.getByRole('region', { name: 'Status' })).toContainText(/longest task\s*\d+\sms/)
  })
})

test.describe('the way between pages', () => {
  test('a page that is left keeps its settings, and its text', async ({ page, site }) => {
    const go = (name: string): Promise<void> => page.getByRole('link', { name, exact: true }).first().click()
    await open(page, site, '#/train?v=1&seed=7&stop=20&speed=full')
    await expect(phase(page)).toHaveText('finished')
    await go('Code')
    const program = page.getByRole('textbox', { name: 'Program' })
    await program.fill('const mine = 1')
    await go('Train')
    await expect(page.getByRole('textbox', { name: 'Seed' })).toHaveValue('7')
    await expect(phase(page)).toHaveText('finished')
    await go('Code')
    await expect(program).toHaveText('const mine = 1')
  })

  for (const width of [768, 1024])
    test(`nothing in the header lies on another, ${width} pixels wide`, async ({ page, site }) => {
      await page.setViewportSize({ width, height: 800 })
      await open(page, site)
      const boxes = await page
        .locator('.top h1, .top nav a, .top > button')
        .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON() as DOMRect))
      expect(boxes.length).toBeGreaterThan(9)
      boxes.forEach(({ left, right }, i) => {
        expect(left).toBeGreaterThanOrEqual(i ? boxes[i - 1].right : 0)
        expect(right).toBeLessThanOrEqual(width)
      })
    })
})

test.describe('links', () => {
  test('a damaged link is put right, and says how', async ({ page, site }) => {
    await open(page, site, '#/train?v=1&stop=0&rate=fast&optimizer=magic&widths=9999&colour=red')
    const notice = page.getByRole('region', { name: 'Notice' })
    await expect(notice).toContainText('Steps: ‘0’ became 1.')
    await expect(notice).toContainText('Rate: ‘fast’ became 0.02.')
    await expect(notice).toContainText('Optimizer: ‘magic’ became adam.')
    await expect(notice).toContainText('Widths: ‘9999’ became 512.')
    await expect(notice).toContainText('There is no setting ‘colour’.')
    await notice.getByRole('button', { name: 'Understood' }).click()
    await expect(notice).toBeHidden()
  })

  test('a link of a newer playground, and one to no page, say so', async ({ page, site }) => {
    await open(page, site, '#/train?v=99&stop=20')
    await expect(page.getByText('The link is of a newer playground')).toBeVisible()
    await page.goto(`${site.url}#/nowhere`)
    await expect(page.getByText('There is no page ‘nowhere’ here.')).toBeVisible()
    await page.getByRole('button', { name: 'Go to Train' }).click()
    await expect(phase(page)).toBeVisible()
  })

  test('a reload and the way back lead to the same settings', async ({ page, site }) => {
    await open(page, site, '#/train?v=1&stop=20&speed=full')
    await expect(phase(page)).toHaveText('finished')
    await page.getByRole('textbox', { name: 'Batch' }).fill('17')
    await page.getByRole('textbox', { name: 'Batch' }).blur()
    await expect(page).toHaveURL(/batch=17/)
    await page.reload()
    await expect(page.getByRole('textbox', { name: 'Batch' })).toHaveValue('17')
    await page.goto(`${site.url}#/nowhere`)
    await page.goBack()
    await expect(page.getByRole('textbox', { name: 'Batch' })).toHaveValue('17')
  })

  test('the link is shared', async ({ page, site, context }) => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await open(page, site, '#/train?v=1&stop=20')
    await page.getByRole('button', { name: 'Copy the link to this page' }).click()
    await expect(page.getByRole('textbox', { name: 'Link' })).toHaveValue(/stop=20/)
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/stop=20/)
    await page.keyboard.press('Escape')
    await expect(page.getByRole('dialog')).toBeHidden()
  })
})

test.describe('isolation and offline', () => {
  test('a plain host under a sub-path: one reload, then all threads; then no network at all', async ({ page }) => {
    test.setTimeout(120_000)
    const site = await serveFolder(folder, { isolated: false, under: '/deep/down/' })
    let loads = 0
    page.on('load', () => loads++)
    await open(page, site, '#/train?v=1&stop=50&speed=full')
    await expect.poll(() => page.evaluate(() => crossOriginIsolated).catch(() => false)).toBe(true)
    await expect(phase(page)).toHaveText('finished')
    expect(loads).toBe(2)
    await page.getByRole('button', { name: /This machine/ }).click()
    await expect(page.getByText('ready: the page works without a network')).toBeVisible({ timeout: 60_000 })
    await page.keyboard.press('Escape')
    // Workers are held to the page's policy.
    await page.goto(`${site.url}#/code`)
    await page.getByRole('textbox', { name: 'Program' }).fill(`
addEventListener('securitypolicyviolation', ({ violatedDirective }) => console.log('refused by', violatedDirective))
await fetch('http://127.0.0.1:9/').catch(() => undefined)
await new Promise((resolve) => setTimeout(resolve, 500))`)
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(page.getByText('refused by connect-src')).toBeVisible()
    await site.close()
    await page.goto(`${site.url}#/train?v=1&stop=50&speed=full`)
    await page.reload()
    await expect(phase(page)).toHaveText('finished')
    await page.goto(`${site.url}#/train?v=1&data=mnist&stop=20`)
    await page.reload()
    await expect(phase(page)).toHaveText('finished')
    await expect(page.locator('[data-name=accuracy]')).toHaveText(/\d\d\.\d\d/)
  })
})

test.describe('without service workers', () => {
  test.use({ serviceWorkers: 'block' })
  test('a page that is not isolated trains on one thread, and says why', async ({ page, plain }) => {
    await page.addInitScript(() => {
      Object.defineProperty(Navigator.prototype, 'serviceWorker', { value: undefined })
      delete (Navigator.prototype as { serviceWorker?: unknown }).serviceWorker
    })
    await open(page, plain, '#/train?v=1&stop=40&speed=full')
    await expect(phase(page)).toHaveText('finished')
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false)
    await expect(page.getByText('One thread is used: this browser has no service workers here')).toBeVisible()
    await page.getByRole('button', { name: 'This machine: CPU, 1 thread. Report' }).click()
    await expect(page.getByText('More need a shared memory')).toBeVisible()
    await expect(page.getByText(/can use it where there is an adapter|plans run on the CPU/).first()).toBeVisible()
  })
})

test.describe('schemes and keys', () => {
  test('the scheme follows the system, until it is switched, and is remembered', async ({ page, site }) => {
    await page.emulateMedia({ colorScheme: 'dark' })
    await open(page, site, '#/train?v=1&stop=20')
    await expect(page.locator('html')).toHaveAttribute('data-scheme', 'dark')
    await page.getByRole('button', { name: 'Colours: system. Change' }).click()
    await expect(page.locator('html')).toHaveAttribute('data-scheme', 'light')
    await page.reload()
    await expect(page.locator('html')).toHaveAttribute('data-scheme', 'light')
  })

  test('keys are listed, and can be switched off', async ({ page, site }) => {
    await open(page, site, '#/train?v=1&stop=20&speed=full')
    await expect(phase(page)).toHaveText('finished')
    await page.locator('body').press('?')
    await expect(page.getByRole('dialog', { name: 'Keys' })).toBeVisible()
    await page.getByLabel('Single keys do these').uncheck()
    await page.keyboard.press('Escape')
    await page.locator('body').press('?')
    await expect(page.getByRole('dialog')).toBeHidden()
    await page.locator('body').press('r')
    await expect(phase(page)).toHaveText('finished')
  })
})
