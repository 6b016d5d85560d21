import { availableParallelism } from 'node:os'
import { browserHost } from '../hosts/browser.ts'
import type { Row } from '../report/row.ts'
import { firstSteps } from './first-step.ts'
import { rounds, type Entry } from './rounds.ts'
import type { Suite } from './suite.ts'

/** What each takes where pages may share memory; jax-js takes every core, unasked. */
const isolatedEntries = (): { own: Entry[]; others: Entry[] } => ({
  own: [
    ['gradloom', 1],
    ['gradloom', 2],
    ['blas-wasm', 1],
    ['blas-wasm', 2],
  ],
  others: [
    ['tfjs-wasm', 1],
    ['tfjs-wasm', 2],
    ['jax-js', availableParallelism()],
    ['onnxruntime-web', 1],
    ['onnxruntime-web', 2],
  ],
})
const plainEntries = (): { own: Entry[]; others: Entry[] } => ({
  own: [
    ['gradloom', 1],
    ['blas-wasm', 1],
  ],
  others: [
    ['tfjs-wasm', 1],
    ['jax-js', 1],
    ['onnxruntime-web', 1],
  ],
})

/** Headless Chromium: first in pages that may share memory between threads, then in pages that may not. */
export const browserSuite: Suite = async (flags) => {
  const rows: Row[] = []
  for (const isolated of [true, false]) {
    const host = await browserHost({ isolated })
    const { own, others } = isolated ? isolatedEntries() : plainEntries()
    console.log(`\n${host.name}`)
    try {
      rows.push(...(await rounds('browser', host, flags.peers ? [...own, ...others] : own, flags)))
      rows.push(
        ...(await firstSteps('browser', host, flags.peers ? ['gradloom', 'tfjs-wasm', 'jax-js'] : ['gradloom'], flags)),
      )
    } finally {
      await host.close()
    }
  }
  return rows
}
