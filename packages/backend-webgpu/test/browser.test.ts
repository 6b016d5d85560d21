import { conformance } from '@gradloom/conformance'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { openPage } from './open-page.ts'

declare const runTest: (name: string) => Promise<void>

// Shaders are compiled in software, on however few cores other tests leave.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 120_000 })

let browser: Browser
let page: Page
beforeAll(async () => {
  ;({ browser, page } = await openPage('./page/page.ts'))
})
afterAll(() => browser?.close())

// The kit names the tests here, and runs them in the page, on navigator.gpu.
// oxlint-disable-next-line vitest/expect-expect, vitest/valid-title -- its titles, and what fails throws there
const inPage = (name: string): void => it(name, () => page.evaluate((test) => runTest(test), name))
describe('in Chromium', () => {
  conformance(() => webgpu(), { describe, it: inPage })
})
