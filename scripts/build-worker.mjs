// Puts the whole script of backend-cpu's worker, as text, where the package looks for it: with it the worker starts
// from any bundle and from any origin, and the page loads it only when it starts the worker.
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import { root } from './run.mjs'

const folder = path.join(root, 'packages', 'backend-cpu', 'dist', 'worker')
const bundle = await rolldown({ input: path.join(folder, 'entry.js'), platform: 'browser' })
const { output } = await bundle.generate({ format: 'iife', minify: true, comments: { annotation: false } })
await bundle.close()
if (output.length !== 1)
  throw new Error(`build-worker: one script required, got ${output.map((file) => file.fileName).join(', ')}`)

const { code } = output[0]
writeFileSync(path.join(folder, 'source.js'), `export const workerSource = () => ${JSON.stringify(code)}\n`)
rmSync(path.join(folder, 'source.js.map'))
console.log(
  `worker script: ${(code.length / 1000).toFixed(1)} kB, ${(gzipSync(code, { level: 9 }).length / 1000).toFixed(2)} kB gz`,
)
