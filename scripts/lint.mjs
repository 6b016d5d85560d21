// pnpm lint: oxlint with types, the import arrows, and the compiler on every project.
import { checkLines } from './check-lines.mjs'
import { checkImports } from './check-imports.mjs'
import { checkTypes } from './check-types.mjs'
import { run } from './run.mjs'

/** @type {[string, () => Promise<number> | number][]} */
const checks = [
  [
    'oxlint',
    () =>
      run('oxlint', [
        '--type-aware',
        '--deny-warnings',
        'packages',
        'apps',
        'examples',
        'benchmarks',
        'integrations',
        'scripts',
      ]),
  ],
  ['format', () => run('oxfmt', ['--check', 'packages', 'apps', 'examples', 'benchmarks', 'integrations', 'scripts'])],
  ['lines', () => report(checkLines())],
  ['imports', () => report(checkImports())],
  ['types', async () => report(await checkTypes())],
]

/** @param {string[]} problems */
function report(problems) {
  for (const line of problems) console.log(line)
  return problems.length
}

let failed = 0
for (const [name, check] of checks) {
  const status = await check()
  console.log(`${name}: ${status === 0 ? 'ok' : 'FAILED'}`)
  if (status !== 0) failed += 1
}
process.exit(failed > 0 ? 1 : 0)
