import { expect, type Page } from '@playwright/test'
import { phase } from './site.ts'

interface Visit {
  readonly name: string
  readonly hash: string
  /** Waits until there is something to see. */
  readonly ready: (page: Page) => Promise<void>
}
const trained = async (page: Page): Promise<void> => expect(phase(page)).toHaveText('finished', { timeout: 60_000 })

/** Every page, with settings that bring it soon to where it has something to show. */
export const pages: readonly Visit[] = [
  { name: 'train', hash: '#/train?v=1&stop=300&speed=full', ready: trained },
  { name: 'digits', hash: '#/train?v=1&data=mnist&stop=100', ready: trained },
  { name: 'write', hash: '#/write?v=1&blocks=1&heads=2&width=16&context=32&batch=8&stop=40', ready: trained },
  {
    name: 'memory',
    hash: '#/memory?v=1&model=cnn&policy=sqrt&select=0',
    ready: (page) => expect(page.locator('[data-name=memory]')).toHaveText('ready', { timeout: 60_000 }),
  },
  {
    name: 'graph',
    hash: '#/graph?v=1&model=gpt',
    ready: (page) => expect(page.getByRole('group', { name: /^Plan/ }).getByText('Forward')).toBeVisible(),
  },
  {
    name: 'code',
    hash: '#/code?v=1&example=convolution',
    ready: async (page) => {
      await page.getByRole('button', { name: 'Run', exact: true }).click()
      await expect(page.locator('[data-name=program]')).toHaveText('finished')
      await page.getByRole('button', { name: 'image' }).nth(1).click()
    },
  },
  {
    name: 'op',
    hash: '#/op',
    ready: async (page) => {
      await page.getByRole('button', { name: 'Check', exact: true }).click()
      await expect(page.locator('[data-name=op]')).toHaveText('finished', { timeout: 60_000 })
    },
  },
  {
    name: 'linalg',
    hash: '#/linalg?v=1&rank=20&gap=6',
    ready: (page) => expect(page.locator('[data-name=linalg]')).toHaveText('ready', { timeout: 60_000 }),
  },
  {
    name: 'bench',
    hash: '#/bench?v=1&rows=matmul-256',
    ready: async (page) => {
      await page.getByRole('button', { name: 'Measure' }).click()
      await expect(page.locator('[data-name=bench]')).toHaveText('finished', { timeout: 60_000 })
    },
  },
]
