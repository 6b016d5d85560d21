// pnpm firefox: the conformance kit on the WebGPU of Firefox; a word chooses the tests that have it in their names.
// pnpm firefox --playground: that Train learns there instead, on the CPU and with WebGPU. The last line is JSON.
import { parseArgs } from 'node:util'
import { ensureFirefox, ensurePackages } from './install.mjs'

const { values, positionals } = parseArgs({
  options: { playground: { type: 'boolean', default: false } },
  allowPositionals: true,
})
ensurePackages()
ensureFirefox()
const run = async () => {
  if (values.playground) return (await import('./firefox/playground.mjs')).runPlayground()
  return (await import('./firefox/kit.mjs')).runKit(positionals[0] ?? '')
}
const report = await run()
console.log(JSON.stringify(report))
process.exit(report.failed.length ? 1 : 0)
