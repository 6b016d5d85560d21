// What continuous integration runs: the tests, then lint, build, size and docs as one check each.
import { failures, readPageReport, readReport, together } from './report.mjs'
import { pnpm, run } from './run.mjs'

const status = run('npm', ['test'])
const counts = together(readReport(status), readPageReport(0))
for (const check of ['lint', 'build', 'size', 'docs']) {
  console.log(`\n== ${check}`)
  const result = pnpm(['run', check, ...(check === 'build' ? ['--skip-nx-cache'] : [])])
  if (result === 0) counts.passed += 1
  else counts.failed += 1
  console.log(`${check}: ${result === 0 ? 'ok' : 'FAILED'}`)
}
for (const failure of failures()) console.log(failure)
console.log(`${counts.passed} passed, ${counts.failed} failed` + (counts.skipped ? `, ${counts.skipped} skipped` : ''))
process.exit(counts.failed > 0 ? 1 : 0)
