import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type Page } from 'playwright-core'
import { rolldown } from 'rolldown'

/** Software rendering of WebGPU, and what lets Chromium run as root and without a network. */
const ARGUMENTS = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--no-first-run',
  '--disable-quic',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const HTML = '<!doctype html><script type="module" src="/page.js"></script>'

/** A page of Chromium with a script of this folder, bundled from sources. */
export async function openPage(script: string): Promise<{ readonly browser: Browser; readonly page: Page }> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL(script, import.meta.url)),
    platform: 'browser',
    external: /^node:/,
    resolve: { conditionNames: ['@gradloom/source', 'import', 'browser', 'default'] },
  })
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false })
  await bundle.close()
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGUMENTS })
  const page = await browser.newPage()
  // Pages of localhost are as trusted as those of https, which WebGPU asks for.
  await page.route('http://localhost/**', (route) => {
    const isScript = route.request().url().endsWith('.js')
    const contentType = isScript ? 'text/javascript' : 'text/html'
    return route.fulfill({ contentType, body: isScript ? output[0].code : HTML })
  })
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  await page.goto('http://localhost/')
  await page
    .waitForFunction(() => 'runTest' in globalThis, undefined, { timeout: 60_000 })
    .catch((cause: unknown) => {
      throw new Error(`the page did not load: ${problems.join('; ')}`, { cause })
    })
  return { browser, page }
}
