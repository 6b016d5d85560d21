// npm test: installs what the tests need, runs them, and closes with one line. Arguments go to vitest. The playground's
// tests in a browser are `pnpm e2e`, until all of them hold.
import { rmSync } from 'node:fs'
import { ensureChromium, ensurePackages } from './install.mjs'
import { run } from './run.mjs'
import { readReport, reportFile } from './report.mjs'

ensurePackages()
ensureChromium()
const given = process.argv.slice(2)
rmSync(reportFile, { force: true })
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportFile}`]
const { passed, failed, skipped } = readReport(run('vitest', ['run', ...reporters, ...given]))
const total = passed + failed + skipped
console.log(
  `${passed} of ${total} tests pass` + (skipped ? `, ${skipped} skipped` : '') + (failed ? `, ${failed} FAIL` : ''),
)
process.exit(failed > 0 ? 1 : 0)
