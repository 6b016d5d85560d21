import { budget, everyN, sqrt } from '@gradloom/checkpoint'
import { expect, test } from 'vitest'
import { compare } from '../src/checkpoint/compare.ts'
import { trainLarge } from '../src/checkpoint/large.ts'
import { mlp } from '../src/checkpoint/models.ts'
import { front } from '../src/checkpoint/pareto.ts'
import { frontLine, line } from '../src/checkpoint/report.ts'

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
  const rows = await front(mlp(3, 8, 64), [0.9, 0.8])
  expect(rows[0]).toMatchObject({ budget: null, recomputedOps: 0, recomputedFlops: 0 })
  expect(rows.length).toBeGreaterThan(1)
  for (const [i, row] of rows.entries()) {
    if (i === 0) continue
    expect(row.arenaBytes).toBeLessThan(rows[i - 1].arenaBytes)
    expect(row.recomputedFlops).toBeGreaterThan(rows[i - 1].recomputedFlops)
    expect(frontLine(row)).toContain(`+${row.recomputedOps}`)
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
