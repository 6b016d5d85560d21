import { existsSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import type { Contender } from '../src/contender.ts'
import { gradloomLinalg } from '../src/contenders/gradloom-linalg.ts'
import { jax } from '../src/contenders/jax.ts'
import { mlMatrix } from '../src/contenders/ml-matrix.ts'
import { digest, distance } from '../src/digest.ts'
import { UnsupportedError } from '../src/errors.ts'
import { error } from '../src/expected.ts'
import { nodeHost } from '../src/hosts/node.ts'
import { matrices } from '../src/linalg/inputs.ts'
import { rebuild } from '../src/linalg/rebuild.ts'
import { linalgWorkloads } from '../src/linalg/workloads.ts'
import { createSession, type Session } from '../src/session.ts'
import type { LinalgWorkload, Workload } from '../src/workload.ts'

/** PyTorch takes long to be there where others use the machine. */
const STARTING_MS = 120_000

const PYTHON = '/usr/bin/python3'
const has = (module: string): boolean =>
  existsSync(PYTHON) && spawnSync(PYTHON, ['-c', `import ${module}`]).status === 0

const own = (): Contender => ({ setup: async (w) => gradloomLinalg(1, w as Workload & LinalgWorkload) })

const small = linalgWorkloads(true)
const isForward = (w: Workload): boolean => w.kind === 'linalg' && !w.backward
const forward = small.filter(isForward)
const backward = small.filter((w) => !isForward(w))

/** The workloads that a contender does with the right result. @throws where it is wrong */
async function right(session: Session, workloads: readonly Workload[]): Promise<string[]> {
  const done: string[] = []
  for (const w of workloads) {
    try {
      await session.setup(w)
    } catch (thrown) {
      if ((thrown as Error).name !== new UnsupportedError('').name) throw thrown
      continue
    }
    expect([w.id, error(w, await session.check(1))! <= w.tolerance]).toEqual([w.id, true])
    expect((await session.time(1)).length).toBeGreaterThan(0)
    done.push(w.id)
  }
  await session.dispose()
  return done
}

const ids = (without: readonly string[] = []): string[] =>
  forward.map(({ id }) => id).filter((id) => !without.some((task) => id.startsWith(`${task} `)))

describe('linalg', () => {
  test('sizes are those asked for, and small ones for tests', () => {
    const all = linalgWorkloads(false).map(({ id }) => id)
    expect(all).toHaveLength(6 * 5 * 2)
    expect(all).toContain('svd 512, forward and backward')
    expect(all).toContain('solve 10000 of 4')
    expect(small.every((w) => w.kind === 'linalg' && w.batch * w.size ** 2 <= 100)).toBe(true)
  })

  test.each([
    ['gradloom', own, []],
    ['ml-matrix', mlMatrix, []],
    ['jax-js', () => jax('wasm'), ['qr']],
  ] as const)('what %s gives multiplies to what it was given', async (_, start, without) => {
    const session = createSession(await start(), () => null)
    expect(await right(session, forward)).toEqual(ids(without))
  })

  test.skipIf(!has('numpy'))('what NumPy gives multiplies to what it was given', async () => {
    const { session, close } = await nodeHost.start('numpy', 1)
    expect(await right(session, forward)).toEqual(ids(['lu']))
    await close()
  })

  test.skipIf(!has('torch'))(
    'factors and gradients are those of PyTorch',
    async () => {
      const { session, close } = await nodeHost.start('pytorch', 1)
      const ours = createSession(own(), () => null)
      expect(await right(session, forward)).toEqual(ids())
      for (const w of backward) {
        await Promise.all([session.setup(w), ours.setup(w)])
        const apart = distance(await session.check(1), await ours.check(1))
        expect([w.id, apart < w.tolerance]).toEqual([w.id, true])
      }
      await Promise.all([ours.dispose(), close()])
    },
    STARTING_MS,
  )

  test('factors that are wrong do not multiply to what was given', () => {
    const w = forward.find(({ id }) => id === 'cholesky 9') as Workload & LinalgWorkload
    const l = matrices(w)
    expect(error(w, digest(rebuild(w, [l])))).toBeGreaterThan(0.1)
  })
})
