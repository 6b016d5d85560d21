/// <reference lib="dom" />
// The playground in Firefox: Train learns the moons, on the CPU and with WebGPU.
import path from 'node:path'
import { must, root, run } from '../run.mjs'
import { adapterOf, openFirefox } from './browser.mjs'

const home = path.join(root, 'apps', 'playground')
const RUNS = { cpu: '#/train?v=1&stop=300&speed=full', webgpu: '#/train?v=1&backend=webgpu&stop=60&speed=full' }
/** Milliseconds for a run: shaders are compiled in software, and each step there waits for a readback of 100 ms. */
const RUN_MS = 240_000

/**
 * Trains in a page until it is finished.
 * @param {import('puppeteer-core').Page} page
 * @returns {Promise<{ first: number, last: number, state: string }>} the first loss that was shown, and the last
 */
const trained = (page) =>
  page.evaluate(async (limitMs) => {
    const end = performance.now() + limitMs
    let first = Number.NaN
    for (;;) {
      const state = document.querySelector('.status .state')?.textContent?.trim() ?? 'not there'
      const last = Number.parseFloat(document.querySelector('[data-name=loss]')?.textContent ?? '')
      if (Number.isNaN(first)) first = last
      if (state === 'finished' || performance.now() > end) return { first, last, state }
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }, RUN_MS)

/** Train works in a worker: without a device in one, the CPU would do what WebGPU is asked for. */
const DEVICE_IN_WORKER = `new Promise((resolve) => {
  const code = \`const device = async () => (await navigator.gpu.requestAdapter()).requestDevice()
    device().then(() => postMessage(''), (error) => postMessage(String(error)))\`
  const worker = new Worker(URL.createObjectURL(new Blob([code])))
  worker.onmessage = ({ data }) => resolve(data)
  worker.onerror = ({ message }) => resolve(message)
})`

/** @returns {Promise<{ adapter: object, runs: object, failed: { name: string, message: string }[] }>} */
export async function runPlayground() {
  must(run('vite', ['build', home, '--config', path.join(home, 'vite.config.ts')], { quiet: true }), 'build')
  const { serveFolder } = await import('../../apps/playground/build/serve.mjs')
  const site = await serveFolder(path.join(home, 'dist'))
  const { browser, page, problems } = await openFirefox(site.url)
  try {
    const adapter = await adapterOf(page)
    /** @type {Record<string, { first: number, last: number, state: string }>} */
    const runs = {}
    /** @type {{ name: string, message: string }[]} */
    const failed = []
    const refused = /** @type {string} */ (await page.evaluate(DEVICE_IN_WORKER))
    if (refused) failed.push({ name: 'worker', message: `a device in a worker required: ${refused}` })
    for (const [name, hash] of Object.entries(RUNS)) {
      await page.goto('about:blank')
      await page.goto(site.url + hash)
      const seen = await trained(page)
      runs[name] = seen
      const isRight = seen.state === 'finished' && seen.last < 0.7 * seen.first
      if (!isRight) failed.push({ name, message: `a loss that falls required, got ${JSON.stringify(seen)}` })
      console.log(`${name}: loss ${seen.first} to ${seen.last}, ${seen.state}`)
    }
    failed.push(...problems.map((message) => ({ name: 'page', message })))
    return { adapter, runs, failed }
  } finally {
    await browser.close()
    await site.close()
  }
}
