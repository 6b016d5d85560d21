// npm test: installs what the tests need, runs them, then those of the playground in a browser, and closes with one
// line. Arguments go to vitest, which then runs alone.
import { rmSync } from 'node:fs'
import { ensureChromium, ensurePackages } from './install.mjs'
import { run } from './run.mjs'
import { pageReportFile, readPageReport, readReport, reportFile, together } from './report.mjs'

ensurePackages()
ensureChromium()
const given = process.argv.slice(2)
for (const file of [reportFile, pageReportFile]) rmSync(file, { force: true })
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
let counts = readReport(run('vitest', ['run', ...reporters, ...given]))
if (given.length === 0) counts = together(counts, readPageReport(run('node', ['scripts/e2e.mjs'])))
const { passed, failed, skipped } = counts
const total = passed + failed + skipped
console.log(
  `${passed} of ${total} tests pass` + (skipped ? `, ${skipped} skipped` : '') + (failed ? `, ${failed} FAIL` : ''),
)
process.exit(failed > 0 ? 1 : 0)
