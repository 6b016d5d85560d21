import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

/** The page's script and all that it loads, for browsers, in a new folder. Names stay: tfjs-wasm sends the text of
 * functions to workers. */
export async function bundlePage(): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'gradloom-bench-'))
  const bundle = await rolldown({
    input: fileURLToPath(new URL('./page.js', import.meta.url)),
    platform: 'browser',
    external: [/^node:/, 'webgpu'],
    logLevel: 'silent',
  })
  await bundle.write({ dir: folder, format: 'esm', minify: false })
  return folder
}
