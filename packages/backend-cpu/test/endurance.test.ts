import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Held } from './endurance/process.ts'

// More of both: RUNTIMES=1000 DEATHS=200; other moments of death: SEED=...
const runtimes = Number(process.env['RUNTIMES'] ?? 12)
const deaths = Number(process.env['DEATHS'] ?? 12)
const seed = Number(process.env['SEED'] ?? 1)

/** What a program of this folder prints. It has a process to itself, whose memory can be told. */
async function run(name: string, ...args: readonly (string | number)[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--conditions=@gradloom/source',
    '--disable-warning=ExperimentalWarning',
    fileURLToPath(new URL(`./endurance/${name}.ts`, import.meta.url)),
    ...args.map(String),
  ])
  return JSON.parse(stdout)
}
/** Each runtime touches 12 MB or more: the bound on growth is less than nine of them hold, and more than what the
 * allocator keeps of those that were closed, which no longer grows after some tens (75 MB here). */
function expectFlat([early, late]: readonly Held[]): void {
  expect(late.rssMB - early.rssMB).toBeLessThan(100)
  expect(late.heapMB - early.heapMB).toBeLessThan(4)
  expect(late.threads - early.threads).toBeLessThan(3)
  expect(late.handles).toBeLessThanOrEqual(early.handles)
}

describe.each([1, 2])('%i threads', (threads) => {
  test.each(['inline', 'worker'])(
    `${runtimes} runtimes that are created, used and closed leave nothing: %s`,
    async (placement) => expectFlat((await run('runtimes', placement, threads, runtimes)) as Held[]),
    60_000 + 5000 * runtimes,
  )

  test(
    `${deaths} workers that die at random moments cost no finished step, and leave nothing`,
    async () => {
      const result = (await run('deaths', threads, deaths, seed)) as {
        readonly marks: readonly Held[]
        readonly starts: number
        readonly rejected: number
      }
      expect(result.rejected).toBeGreaterThan(0)
      expect(result.starts).toBeGreaterThan(0)
      expectFlat(result.marks)
    },
    60_000 + 5000 * deaths,
  )
})
