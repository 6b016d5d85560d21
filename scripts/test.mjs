// npm test: installs what the tests need, runs them and closes with one line. Arguments go to vitest.
import { rmSync } from 'node:fs'
import { ensureChromium, ensurePackages } from './install.mjs'
import { run } from './run.mjs'
import { readReport, reportFile } from './report.mjs'

ensurePackages()
ensureChromium()
rmSync(reportFile, { force: true })
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
const status = run('vitest', ['run', ...reporters, ...process.argv.slice(2)])
const { passed, failed, skipped } = readReport(status)
const total = passed + failed + skipped
console.log(
  `${passed} of ${total} tests pass` + (skipped ? `, ${skipped} skipped` : '') + (failed ? `, ${failed} FAIL` : ''),
)
process.exit(failed > 0 ? 1 : 0)
