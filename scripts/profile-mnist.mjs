// Where the time of the MNIST example's step goes, as the README shows it: the fastest of 100 calls on one thread.
// node --conditions=@gradloom/source scripts/profile-mnist.mjs prints it; with --write it goes into the README. Run it
// on a machine that does nothing else.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import path from 'node:path'
import { cpu } from '@gradloom/backend-cpu'
import { profile } from '@gradloom/inspect'
import { mnist } from '../packages/inspect/test/mnist.ts'
import { root } from './run.mjs'

const RUNS = 100
/** Steps of less than this share of a call are told together. */
const SMALL = 0.02

const { runtime, step, batch } = mnist(cpu({ threads: 1, placement: 'inline' }))
const { steps, spans } = await profile(step, batch, { runs: RUNS, warmup: 50 })
await runtime.close()

const calls = spans.filter((span) => span.step < 0)
const lengthOf = (/** @type {{ startMs: number, endMs: number }} */ span) => span.endMs - span.startMs
const fastest = calls.reduce((best, call) => (lengthOf(call) < lengthOf(best) ? call : best))
const callMs = lengthOf(fastest)
const own = spans
  .filter(({ step: of, startMs }) => of >= 0 && startMs >= fastest.startMs && startMs < fastest.endMs)
  .map((span) => ({ ...steps[span.step], ms: lengthOf(span) }))
const shown = own.filter(({ ms }) => ms >= SMALL * callMs).toSorted((a, b) => b.ms - a.ms)
const rest = callMs - shown.reduce((sum, { ms }) => sum + ms, 0)

const rows = [
  ...shown.map(({ ops, scope, part, ms }) => [ops.join(' + '), scope || '-', part, ms]),
  [`${own.length - shown.length} more, and what is around them`, '', '', rest],
]
const texts = rows.map(([ops, scope, part, ms]) => [
  ops,
  scope,
  part,
  `${Number(ms).toFixed(3)} ms`,
  percent(Number(ms)),
])
const widths = texts[0].map((_, i) => Math.max(...texts.map((row) => String(row[i]).length)))
const line = (/** @type {unknown[]} */ row) =>
  row.map((cell, i) => (i > 2 ? String(cell).padStart(widths[i]) : String(cell).padEnd(widths[i]))).join('  ')
const head = `${callMs.toFixed(2)} ms a call, the fastest of ${RUNS} on one thread of an ${nameOf(cpus()[0].model)}`
const text = [head, '', ...texts.map(line)].join('\n')
console.log(text)

/** @param {number} ms */
function percent(ms) {
  return `${((100 * ms) / callMs).toFixed(0)} %`
}
/** @param {string} model */
function nameOf(model) {
  return model
    .replace(/\(R\)|\(TM\)|CPU|Processor|@.*/g, '')
    .replace(/\s+/g, ' ')
    .trim()
}

if (process.argv.includes('--write')) {
  const page = path.join(root, 'README.md')
  const before = readFileSync(page, 'utf8')
  const block = /(```text\n)\d[\d.]* ms a call, the fastest of[^`]*(\n```)/
  if (!block.test(before)) throw new Error('profile-mnist: the block of the profile required in README.md')
  writeFileSync(
    page,
    before.replace(block, (_, start, end) => start + text + end),
  )
}
