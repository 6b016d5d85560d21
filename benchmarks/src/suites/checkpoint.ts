import { availableParallelism } from 'node:os'
import { cases, large, type Case } from '../checkpoint/cases.ts'
import { compare, type CheckpointRow } from '../checkpoint/compare.ts'
import { trainLarge } from '../checkpoint/large.ts'
import { front, frontRows } from '../checkpoint/pareto.ts'
import { planningTimes } from '../checkpoint/planning.ts'
import { frontHeading, frontLine, heading, line, planningHeading, planningLine } from '../checkpoint/report.ts'
import { hasTorch, runTorch } from '../checkpoint/torch.ts'
import type { Flags } from '../flags.ts'
import { digits, duration } from '../report/table.ts'
import { matches } from './suite.ts'

/** Segments of `torch.utils.checkpoint` for 64 layers: their root, as its documentation advises. */
const SEGMENTS = 8

const threadCounts = (): number[] => [1, 2].filter((n) => n <= availableParallelism())

/** Training with recomputation against the plain step: what each strategy saves, and what it takes. */
export async function checkpointSuite(flags: Flags): Promise<CheckpointRow[]> {
  const rows: CheckpointRow[] = []
  console.log(heading())
  for (const c of cases) rows.push(...(await compareAll(c, flags)))
  for (const c of cases) if (matches(`${c.id}: front`, flags.filter)) rows.push(...(await printFront(c)))
  if (matches('planning', flags.filter)) await printPlanning()
  if (flags.filter && matches(large.id, flags.filter)) rows.push(await printLarge())
  return rows
}

async function compareAll({ id, model, strategies }: Case, { filter, rounds }: Flags): Promise<CheckpointRow[]> {
  const chosen = strategies.filter(({ name }) => matches(`${id}: ${name}`, filter))
  if (!chosen.length) return []
  const rows: CheckpointRow[] = []
  console.log(id)
  for (const strategy of chosen) {
    for (const threads of threadCounts()) {
      const row = await compare({ id, model: model() }, strategy, threads, rounds)
      console.log(line(row))
      rows.push(row)
    }
  }
  if (id.startsWith('mlp')) printTorch(rounds)
  return rows
}

function printTorch(rounds: number): void {
  if (!hasTorch()) {
    console.log("  pytorch: not installed (Debian's python3-torch)")
    return
  }
  for (const threads of threadCounts()) {
    const [plain, saving] = [0, SEGMENTS].map((segments) => runTorch(segments, threads, rounds))
    const extra = digits(100 * (saving.ms / plain.ms - 1))
    const [bytes, plainBytes] = [saving, plain].map((run) => digits(run.activationBytes / 1e6))
    console.log(
      `  pytorch x${threads}, ${SEGMENTS} segments: ${bytes} MB with gradients, ${plainBytes} plain; ` +
        `${duration(saving.ms)} a step, ${duration(plain.ms)} plain, ${extra} % more`,
    )
  }
}

async function printFront({ id, model }: Case): Promise<CheckpointRow[]> {
  console.log(`\n${id}: memory against recomputation`)
  console.log(frontHeading())
  const found = await front(model())
  for (const row of found.rows) console.log(frontLine(row))
  return frontRows(id, found)
}

async function printPlanning(): Promise<void> {
  console.log('\nplanning: a program compiled, of which the policy decides on so many forward values')
  console.log(planningHeading())
  for (const row of await planningTimes()) console.log(planningLine(row))
}

async function printLarge(): Promise<CheckpointRow> {
  console.log(large.id)
  const { row, losses } = await trainLarge(large, Math.max(...threadCounts()))
  console.log(line(row))
  console.log(`  ${losses.length} steps, loss ${digits(losses[0])} to ${digits(losses.at(-1)!)}`)
  return row
}
