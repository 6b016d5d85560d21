import { type Page } from '@playwright/test'
import { colours, expect, open, test } from './support/site.ts'

const state = (page: Page) => page.locator('[data-name=program]')
const output = (page: Page) => page.getByRole('log', { name: 'Printed lines' })
async function write(page: Page, text: string): Promise<void> {
  const editor = page.getByRole('textbox', { name: 'Program' })
  await editor.click()
  await page.keyboard.press('Control+a')
  await editor.fill(text)
}

/** The last line of each example, or how it fails. */
const EXAMPLES: Readonly<Record<string, string>> = {
  gradients: '[-12, -6, 0, 6, 12]',
  line: 'offset 0.5',
  moons: 'learnt',
  eager: 'weights 2.000 -1.000',
  functional: 'weights',
  newton: 'the lowest place of cos is pi',
  'custom-op': 'the gradients are right, to the second order',
  scan: 'highest 1.00',
  convolution: 'shape 1 x 4 x 40 x 40',
  attention: 'each row adds up to 1',
  optimizers: 'lion',
  random: 'the same again',
  files: 'the same',
}

test.describe('code', () => {
  test('every example runs, and ends as it should', async ({ page, site }) => {
    test.setTimeout(180_000)
    await open(page, site, '#/code')
    const offered = page.getByRole('combobox', { name: 'Example' })
    await expect(offered.getByRole('option')).not.toHaveCount(0)
    const names = await offered
      .getByRole('option')
      .evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value))
    expect(names.filter((name) => name !== 'mistake').sort()).toEqual(Object.keys(EXAMPLES).sort())
    for (const [name, last] of Object.entries(EXAMPLES)) {
      await offered.selectOption(name)
      await expect(state(page)).toHaveText('idle')
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await expect(state(page), name).toHaveText('finished')
      await expect(output(page), name).toContainText(last)
    }
  })

  test('a mistake is told with its line, which is marked and led to', async ({ page, site }) => {
    await open(page, site, '#/code?v=1&example=mistake')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(state(page)).toHaveText('failed')
    const failed = page.getByRole('region', { name: 'Failed' })
    await expect(failed).toContainText(/ShapeError, line 15.*matmul/)
    await expect(page.locator('.cm-lintRange-error')).toHaveText('const c = matmul(a, b)')
    await failed.getByRole('button', { name: 'Go to line 15' }).click()
    await expect(page.getByRole('textbox', { name: 'Program' })).toBeFocused()
  })

  test('a program that cannot be read, and one that imports what is not there, say so', async ({ page, site }) => {
    await open(page, site, '#/code')
    await write(page, 'const a = 1\nconst b = = 2\n')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(page.getByRole('region', { name: 'Failed' })).toContainText('line 2')
    await write(page, "import { readFile } from 'node:fs'\nreadFile('x')\n")
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(page.getByRole('region', { name: 'Failed' })).toContainText(
      "'node:fs' is not offered here; there are gradloom",
    )
    await write(page, "// require('fs')\nimport { tensr } from 'gradloom'\n\ntensr([1])\n")
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(page.getByRole('region', { name: 'Failed' })).toContainText(/line 4.*'gradloom' exports no tensr/)
  })

  test('an endless loop is stopped, and another program runs after it', async ({ page, site }) => {
    await open(page, site, '#/code')
    await write(page, "console.log('before')\nwhile (true) {}\n")
    await page.keyboard.press('Control+Enter')
    await expect(output(page)).toContainText('before')
    await page.getByRole('button', { name: 'Stop' }).click()
    await expect(state(page)).toHaveText('stopped')
    await write(page, "console.log('after', 1 + 1)\n")
    await page.keyboard.press('Control+Enter')
    await expect(state(page)).toHaveText('finished')
    await expect(output(page)).toContainText('after')
  })

  test('many lines are counted, not shown', async ({ page, site }) => {
    await open(page, site, '#/code')
    await write(page, 'for (let i = 0; i < 5000; i++) console.log(i)\n')
    await page.keyboard.press('Control+Enter')
    await expect(state(page)).toHaveText('finished')
    await expect(output(page)).toContainText('3,000 lines more.')
  })

  test('tensors are shown as text, table, image and plot', async ({ page, site }) => {
    await open(page, site, '#/code?v=1&example=convolution')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(state(page)).toHaveText('finished')
    await expect(output(page)).toContainText('float32 [1, 4, 40, 40]')
    await page.getByRole('button', { name: 'image' }).nth(1).click()
    await expect(page.getByRole('img', { name: /^Image 4 of 4, 40 x 40/ })).toBeVisible()
    expect(await colours(page, /^Image 1 of 4/)).toBeGreaterThan(2)
    await page.getByRole('button', { name: 'table' }).first().click()
    await expect(page.getByRole('region', { name: 'Values' })).toContainText('20 of 40 rows')
    await page.getByRole('combobox', { name: 'Example' }).selectOption('functional')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(state(page)).toHaveText('finished')
    await page.getByRole('button', { name: 'plot' }).click()
    await expect(page.getByRole('img', { name: /^300 values from/ })).toBeVisible()
    await page.getByRole('button', { name: 'Clear' }).click()
    await expect(output(page)).toContainText('What the program prints comes here')
  })

  test('a program is shared by its link, and a damaged link says so', async ({ page, site, browser }) => {
    await open(page, site, '#/code')
    await write(page, "console.log('shared with you')\n")
    await expect(page).toHaveURL(/code=[\w-]+$/)
    const link = page.url()
    const other = await browser.newPage()
    await other.goto(link)
    await expect(other.getByRole('textbox', { name: 'Program' })).toContainText('shared with you')
    await expect(state(other)).toHaveText('idle')
    await other.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(output(other)).toContainText('shared with you')
    await other.close()
    await page.goto('about:blank')
    await open(page, site, '#/code?v=1&code=notacode')
    await expect(page.getByText('The program in the link is damaged')).toBeVisible()
  })

  test('the text comes back after the tab was lost, and does not run by itself', async ({ page, site }) => {
    await open(page, site, '#/code')
    await write(page, `// ${'x'.repeat(30)}\nconsole.log('kept')\n`)
    await page.keyboard.press('Control+Enter')
    await expect(state(page)).toHaveText('finished')
    await page.goto('about:blank')
    await open(page, site, '#/code')
    await expect(page.getByRole('textbox', { name: 'Program' })).toContainText('kept')
    await expect(state(page)).toHaveText('idle')
  })

  test('by keyboard alone: into the editor, a run, and out of it again', async ({ page, site }) => {
    await open(page, site, '#/code?v=1&example=newton')
    await page.getByRole('textbox', { name: 'Program' }).focus()
    await page.keyboard.press('Control+Enter')
    await expect(state(page)).toHaveText('finished')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Tab')
    await expect(page.getByRole('textbox', { name: 'Program' })).not.toBeFocused()
  })

  test('the editor knows types: mistakes, completions with their docs, and what stands under the pointer', async ({
    page,
    site,
  }) => {
    test.setTimeout(120_000)
    await open(page, site, '#/code?v=1&example=gradients')
    const types = page.locator('[data-name=types]')
    await expect(types).toHaveText('Types: when you edit.')
    const editor = page.getByRole('textbox', { name: 'Program' })
    await editor.click()
    await expect(types).toHaveText('Types: no mistakes.', { timeout: 60_000 })
    await editor.press('Control+End')
    await page.keyboard.type('const wrong: number = createRuntime')
    await expect(types).toHaveText('Types: 1 mistake.', { timeout: 30_000 })
    // Escape closes the list, of which Enter would take a word.
    await page.keyboard.press('Escape')
    await page.keyboard.type('\nrt.clo')
    const list = page.getByRole('listbox', { name: 'Completions' })
    await expect(list.getByRole('option', { name: /^close/ })).toBeVisible({ timeout: 30_000 })
    await expect(page.locator('.cm-completionInfo')).toContainText('close(): Promise<void>')
    await page.keyboard.press('Enter')
    await expect(editor).toContainText('rt.close')
    await editor.getByText('createRuntime').first().hover()
    await expect(page.locator('.cm-tooltip-hover .meaning')).toContainText(/^\(alias\).*Runtime/, {
      timeout: 30_000,
    })
  })

  test('without the file of types programs run all the same', async ({ page, site }) => {
    await page.context().route('**/types-*.json', (route) => route.fulfill({ status: 404 }))
    await open(page, site, '#/code?v=1&example=gradients')
    await page.getByRole('textbox', { name: 'Program' }).click()
    await expect(page.locator('[data-name=types]')).toHaveText(
      'No types: the file of types could not be loaded: status 404.',
    )
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    await expect(page.locator('[data-name=program]')).toHaveText('finished')
  })
})
