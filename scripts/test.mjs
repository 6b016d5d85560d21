// npm test: installs what the tests need, runs them, then those of the playground in a browser, and closes with one
// line. Arguments go to vitest, which then runs alone.
import { rmSync } from 'node:fs'
import { ensureChromium, ensurePackages } from './install.mjs'
import { run } from './run.mjs'
import {
  againFile,
  amend,
  pageReportFile,
  readPageReport,
  readReport,
  reportFile,
  together,
  unfinished,
} from './report.mjs'

/** @param {string} file @param {readonly string[]} args */
const vitest = (file, args) =>
  run('vitest', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...args])

ensurePackages()
ensureChromium()
const given = process.argv.slice(2)
for (const file of [reportFile, againFile, pageReportFile]) rmSync(file, { force: true })
let status = vitest(reportFile, given)
// V8 ends a process, rarely, where threads drop WebAssembly (https://github.com/nodejs/node/issues/64500).
const lost = unfinished()
if (lost.length) {
  console.log(`the process of these ended before their tests did; once more: ${lost.join(', ')}`)
  status = vitest(againFile, lost)
  amend()
}
let counts = readReport(status)
if (given.length === 0) counts = together(counts, readPageReport(run('node', ['scripts/e2e.mjs'])))
const { passed, failed, skipped } = counts
const total = passed + failed + skipped
console.log(
  `${passed} of ${total} tests pass` + (skipped ? `, ${skipped} skipped` : '') + (failed ? `, ${failed} FAIL` : ''),
)
process.exit(failed > 0 ? 1 : 0)
