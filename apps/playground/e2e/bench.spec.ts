import { readFileSync } from 'node:fs'
import { expect, open, test } from './support/site.ts'

test.describe('bench', () => {
  test('measures what is asked for, on one thread and on all, and gives it away', async ({ page, site }) => {
    test.setTimeout(120_000)
    await open(page, site, '#/bench?v=1&rows=matmul-256.gpt')
    await expect(page.getByRole('checkbox', { name: /512/ })).not.toBeChecked()
    await page.getByRole('button', { name: 'Measure' }).click()
    await expect(page.locator('[data-name=bench]')).toHaveText('finished', { timeout: 90_000 })
    const cells = page.getByRole('row', { name: /256 x 256/ }).getByRole('cell')
    const columns = await page.evaluate(() => ('gpu' in navigator ? 3 : 2))
    await expect(cells).toHaveCount(columns)
    for (const cell of (await cells.all()).slice(0, 2)) {
      await expect(cell).toContainText(/\d (µs|ms)|\d\s(µs|ms)/)
      await expect(cell).toContainText(/GFLOPS, \d+(\.\d)?\s% of the peak/)
      await expect(cell.getByRole('img', { name: /^15 samples/ })).toBeVisible()
    }
    await expect(page.getByRole('row', { name: /GPT/ }).getByRole('cell').first()).toContainText(/\d\s(µs|ms|s)/)
    await expect(page.getByText(/WebGPU: not offered|no adapter: the browser has WebGPU/)).toBeVisible()
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'JSON' }).click()
    const { results, devices } = JSON.parse(readFileSync(await (await download).path(), 'utf8')) as {
      results: { samples: number[]; median: number; flops: number | null; column: string }[]
      devices: Record<string, { peak: number }>
    }
    expect(results).toHaveLength(4)
    expect(results.every(({ samples }) => samples.length === 15)).toBe(true)
    // Nothing is faster than what a core can do at most.
    for (const { flops, median, column } of results)
      if (flops !== null) expect((1000 * flops) / median / devices[column].peak).toBeLessThan(1.1)
    const text = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Markdown' }).click()
    expect(readFileSync(await (await text).path(), 'utf8')).toContain('| Product of 256 x 256 matrices |')
  })

  test('stops when it is told, and pauses what trains', async ({ page, site }) => {
    await open(page, site, '#/train?v=1&stop=100000')
    await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible()
    await page.getByRole('navigation', { name: 'Pages', exact: true }).getByRole('link', { name: 'Bench' }).click()
    await page.getByRole('button', { name: 'Measure' }).click()
    await page.getByRole('button', { name: 'Stop' }).click()
    await expect(page.locator('[data-name=bench]')).toHaveText('stopped')
    await page.goBack()
    await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeVisible()
  })
})
