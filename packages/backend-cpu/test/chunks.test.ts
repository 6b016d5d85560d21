import { afterAll, expect, test } from 'vitest'
import { contiguous, type LoopKernel } from '@gradloom/core'
import { createLoopCompiler } from '../src/loop/compiler.ts'
import { createDeviceMemory } from '../src/memory/device-memory.ts'
import { loopStep } from '../src/run/loop-step.ts'
import { createTeam, type Team } from '../src/threads/team.ts'

const dtype = 'float32'
const device = createDeviceMemory(undefined, true)
const team = createTeam(2, device.memory)
afterAll(() => team.close())

/** out = a + b over a matrix. */
const addition = (rows: number, columns: number): LoopKernel => {
  const outer = [rows, columns]
  const access = (buffer: number) => ({ buffer, dtype, offset: 0, strides: contiguous(outer) }) as const
  return {
    outer,
    inner: [],
    reads: [access(0), access(1)],
    phases: [
      {
        over: 'outer',
        code: [
          { op: 'read', dtype, read: 0 },
          { op: 'read', dtype, read: 1 },
          { op: 'add', dtype, args: [0, 1] },
        ],
        reduce: [],
        write: [{ access: access(2), value: 2 }],
      },
    ],
  }
}

/** Chunks of a kernel, and whether helpers get some. */
async function chunksOf(kernel: LoopKernel, threads: number): Promise<{ chunks: number; isShared: boolean }> {
  const seen: { chunks: number; isShared: boolean }[] = []
  await team.start()
  const compiled = await createLoopCompiler(team).compile([kernel])
  const observed: Team = {
    ...team,
    threads,
    run: ({ number }, _, chunks) => void seen.push({ chunks, isShared: number !== undefined }),
  }
  loopStep(compiled, 0, observed).run({ buffers: [], scratch: 0, descriptor: 0 })
  return seen[0]
}

test.each([
  [100, 300, 2, 1, false],
  [250, 400, 2, 4, true],
  [1000, 1000, 2, 32, true],
  [1000, 1000, 1, 31, false],
  [250, 400, 3, 6, true],
  [1000, 1000, 8, 32, true],
  [1, 80_000, 2, 4, true],
  [0, 7, 2, 0, false],
])('%i x %i on %i threads: %i chunks, shared: %s', async (rows, columns, threads, chunks, isShared) => {
  expect(await chunksOf(addition(rows, columns), threads)).toEqual({ chunks, isShared })
})
