import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { formats } from './mutations/formats.ts'

// MUTATIONS=25000 tries more; SEED=n repeats a run.
const count = Number(process.env.MUTATIONS ?? 2000)
const seed = Number(process.env.SEED ?? Date.now() % 2 ** 32)
const timeout = 60_000 + 50 * count

interface Report {
  readonly read: number
  readonly maxMs: number
  readonly maxByteLength: number
  readonly grownBytes: number
}

// A process of its own, whose memory is that of the cases, and which ends where one hangs.
test.each(Object.keys(formats))(
  'mutated files give a typed error or the right value, soon and in little memory: %s',
  { timeout },
  async (format) => {
    const program = join(import.meta.dirname, 'mutations', 'run.ts')
    const flags = [
      '--expose-gc',
      '--conditions=@gradloom/source',
      '--no-warnings',
      program,
      format,
      `${count}`,
      `${seed}`,
    ]
    const { stdout } = await promisify(execFile)(process.execPath, flags, { timeout: timeout - 5000 })
    const { read, maxMs, maxByteLength, grownBytes } = JSON.parse(stdout) as Report
    console.log(
      `${format}, seed ${seed}: ${count} files, ${read} read; most: ${maxByteLength} bytes, ${maxMs.toFixed()} ms, ` +
        `memory ${(grownBytes / 1e6).toFixed(1)} MB`,
    )
    expect(read).toBeGreaterThan(0)
    expect(read).toBeLessThan(count)
    expect(maxMs).toBeLessThan(2000)
    expect(grownBytes).toBeLessThan(10 * maxByteLength + 64e6)
  },
)
