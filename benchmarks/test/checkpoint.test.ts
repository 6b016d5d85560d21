import { budget, everyN, sqrt } from '@gradloom/checkpoint'
import { expect, test } from 'vitest'
import { compare } from '../src/checkpoint/compare.ts'
import { trainLarge } from '../src/checkpoint/large.ts'
import { mlp } from '../src/checkpoint/models.ts'
import { front, frontRows } from '../src/checkpoint/pareto.ts'
import { planningTimes } from '../src/checkpoint/planning.ts'
import { frontLine, line, planningLine } from '../src/checkpoint/report.ts'

const FIELDS = [
  'workload',
  'strategy',
  'backend',
  'threads',
  'peakBytes',
  'plainPeakBytes',
  'activationBytes',
  'plainActivationBytes',
  'ms',
  'plainMs',
  'recomputedOps',
  'lossesEqual',
]
const small = () => ({ id: 'small', model: mlp(16, 8, 64) })

test('checkpoint rows: less memory, equal losses, and the fields of --json alone', async () => {
  for (const strategy of [
    { name: 'sqrt', policy: sqrt },
    { name: 'every 2', policy: () => everyN(2) },
  ]) {
    const row = await compare(small(), strategy, 1, 3)
    expect(Object.keys(row)).toEqual(FIELDS)
    expect(row).toMatchObject({ workload: 'small', strategy: strategy.name, backend: 'cpu', lossesEqual: true })
    expect(row.activationBytes).toBeLessThan(row.plainActivationBytes)
    expect(row.peakBytes - row.activationBytes).toBe(row.plainPeakBytes - row.plainActivationBytes)
    expect(row.recomputedOps).toBeGreaterThan(0)
    expect(line(row)).toMatch(/equal$/)
  }
})

test('checkpoint front: what is computed again grows as memory shrinks', async () => {
  const found = await front(mlp(3, 8, 64), [0.9, 0.8])
  const { rows } = found
  expect(rows[0]).toMatchObject({ budget: null, recomputedOps: 0, recomputedFlops: 0 })
  expect(rows.length).toBeGreaterThan(1)
  for (const [i, row] of rows.entries()) {
    if (i === 0) continue
    expect(row.arenaBytes).toBeLessThan(rows[i - 1].arenaBytes)
    expect(row.recomputedFlops).toBeGreaterThan(rows[i - 1].recomputedFlops)
    expect(frontLine(row)).toContain(`+${row.recomputedOps}`)
  }
  const lines = frontRows('small', found)
  expect(lines).toHaveLength(rows.length)
  for (const [i, row] of lines.entries()) {
    expect(Object.keys(row)).toEqual(FIELDS)
    expect(row).toMatchObject({
      activationBytes: rows[i].arenaBytes,
      plainActivationBytes: rows[0].arenaBytes,
      ms: null,
    })
    // Three layers of 8 x 8 and 8 numbers, and the optimizer's count of steps.
    expect(row.peakBytes - row.activationBytes).toBe((3 * 72 + 1) * 4)
  }
})

test('checkpoint planning: the values that are decided on, and what each policy computes again', async () => {
  const rows = await planningTimes(30, [0.7])
  expect(rows.map((r) => r.strategy)).toEqual(['none', 'sqrt', 'budget of 70 %'])
  for (const row of rows) {
    expect(row.values).toBe(rows[0].values)
    expect(row.cpuMs).toBeGreaterThan(0)
    expect(row.recomputedOps > 0).toBe(row.strategy !== 'none')
    expect(planningLine(row)).toContain(`+${row.recomputedOps}`)
  }
})

test('checkpoint: of a model that may not fit plainly, the plain plan is made and the other is trained', async () => {
  const model = () => mlp(16, 32, 256)
  const strategy = { name: 'half', policy: (bytes: number) => budget(bytes / 2) }
  const { row, losses } = await trainLarge({ id: 'large', model, strategies: [strategy] }, 1)
  expect(row).toMatchObject({ plainMs: null, lossesEqual: null })
  // The arena also holds feeds, and what kernels keep for themselves.
  expect(row.activationBytes).toBeLessThan(0.7 * row.plainActivationBytes)
  expect(losses.at(-1)).toBeLessThan(losses[0])
})
