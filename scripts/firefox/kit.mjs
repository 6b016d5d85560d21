// The conformance kit in Firefox: a page runs its tests by name, several at a time, since each readback takes 100 ms.
import http from 'node:http'
import path from 'node:path'
import { rolldown } from 'rolldown'
import { root } from '../run.mjs'
import { adapterOf, openFirefox } from './browser.mjs'

const HTML = '<!doctype html><script type="module" src="/page.js"></script>'
const together = 8

/** The page's script, bundled from sources. */
async function bundled() {
  const bundle = await rolldown({
    input: path.join(root, 'packages', 'conformance', 'test', 'page', 'page.ts'),
    platform: 'browser',
    external: /^node:/,
    resolve: { conditionNames: ['@gradloom/source', 'import', 'browser', 'default'] },
  })
  const { output } = await bundle.generate({ format: 'esm', codeSplitting: false })
  await bundle.close()
  return output[0].code
}

/** @param {string} script @returns {Promise<{ url: string, close(): void }>} */
function serve(script) {
  const server = http.createServer((request, response) => {
    const isScript = request.url === '/page.js'
    response.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html')
    response.end(isScript ? script : HTML)
  })
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
      resolve({ url: `http://127.0.0.1:${port}/`, close: () => server.close() })
    })
  })
}

/**
 * Runs the tests whose name has `filter` in it, and says what came of them.
 * @param {string} filter
 * @returns {Promise<{ adapter: object, ran: number, failed: { name: string, message: string }[], seconds: number }>}
 */
export async function runKit(filter) {
  const site = await serve(await bundled())
  const { browser, page, problems } = await openFirefox(site.url)
  try {
    const adapter = await adapterOf(page)
    const all = /** @type {string[]} */ (await page.evaluate('globalThis.testNames ?? []'))
    const names = all.filter((name) => name.includes(filter))
    if (!names.length) throw new Error(`tests required, the page has none: ${problems.join('; ') || filter}`)
    /** @type {{ name: string, message: string }[]} */
    const failed = []
    const start = performance.now()
    // They look at what the others did.
    const isLast = (/** @type {string} */ name) => name.includes('ran every sample')
    const waiting = names.filter((name) => !isLast(name))
    let ran = 0
    const one = async (/** @type {string} */ name) => {
      const call = `globalThis.runTest(${JSON.stringify(name)}).then(() => '', String)`
      const message = /** @type {string} */ (await page.evaluate(call))
      ran++
      if (message) failed.push({ name, message })
      console.log(`${ran} of ${names.length} ${message ? 'FAIL' : 'ok'} ${name}${message ? `\n${message}` : ''}`)
    }
    const work = async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) await one(name)
    }
    await Promise.all(Array.from({ length: together }, work))
    for (const name of names.filter(isLast)) await one(name)
    return { adapter, ran, failed, seconds: Math.round((performance.now() - start) / 1000) }
  } finally {
    await browser.close()
    site.close()
  }
}
