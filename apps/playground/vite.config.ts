import { readFileSync } from 'node:fs'
import { defineConfig, type Plugin } from 'vite'
import { makeData } from './build/data.mjs'
import { inlineExecutor } from './build/inline-executor.mjs'
import { lightPlot } from './build/light-plot.mjs'
import { withoutPlugins } from './build/without-plugins.mjs'
import { workerSource } from './build/worker-source.mjs'

/** Puts the names of all files into the service worker, so that it changes whenever one of them does, and the page's
 * policy. */
const offline: Plugin = {
  name: 'offline',
  generateBundle(_, bundle) {
    const worker = bundle['sw.js']
    if (worker?.type !== 'chunk') throw new Error('offline: a chunk sw.js required')
    // The page itself is written after this; it changes only where its scripts do.
    const others = Object.keys(bundle).filter((name) => !['index.html', 'sw.js'].includes(name))
    const files = ['index.html', ...others]
    worker.code = filled(filled(worker.code, 'FILES', files.sort().join('\n')), 'POLICY', policyOfPage())
  },
}

/** @param code of the service worker @param place a name between underscores, as a text of its own */
function filled(code: string, place: string, text: string): string {
  const whole = code.replace(new RegExp(`(['"\`])__${place}__\\1`), () => JSON.stringify(text))
  if (whole === code) throw new Error(`offline: the place for ${place} required in sw.js`)
  return whole
}

/** What the page allows its scripts; workers do not inherit it. */
function policyOfPage(): string {
  const page = readFileSync(new URL('index.html', import.meta.url), 'utf8')
  const [, policy] = /"Content-Security-Policy"\s+content="([^"]+)"/.exec(page) ?? []
  if (!policy) throw new Error('offline: a policy required in index.html')
  return policy
}

/** Hints for bundlers are of no use to browsers. */
const comments = { annotation: false }

export default defineConfig({
  base: './',
  resolve: { conditions: ['@gradloom/source', 'module', 'browser', 'development|production'] },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: {
    format: 'es',
    plugins: () => [workerSource(), inlineExecutor(), withoutPlugins()],
    rolldownOptions: { output: { comments } },
  },
  plugins: [{ name: 'data', buildStart: makeData }, workerSource(), lightPlot(), offline],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    // Lists of what to load ahead, and a stand-in for browsers that cannot, weigh more than what they gain.
    modulePreload: false,
    // One sheet: lists of sheets by page, and what waits for them, weigh more than the sheets.
    cssCodeSplit: false,
    rolldownOptions: {
      input: { index: 'index.html', sw: 'src/sw/sw.ts' },
      output: {
        comments,
        entryFileNames: (chunk) => (chunk.name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
  server: {
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
})
