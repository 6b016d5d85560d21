import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { afterEach, expect, it, vi } from 'vitest'
import { createRuntime, type Runtime, type Tensor } from '../src/index.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
/** Lets what nobody can reach any more be found, and what is told of it be done. */
async function sweep(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 5))
    collect()
  }
  await new Promise((resolve) => setTimeout(resolve, 20))
}
const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
afterEach(() => void warn.mockClear())

const backends = [
  ['reference', reference],
  ['inline', () => cpu({ placement: 'inline', threads: 1 })],
  ['worker', () => cpu({ placement: 'worker', threads: 1 })],
] as const
type Keep = () => Promise<Tensor>
/** In a frame of its own, which may hold the last one. */
async function drop(keep: Keep, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await keep()
}
function keeping(rt: Runtime): Keep {
  const step = rt.variables().compile((ctx) => ({ y: ctx.placeholder('x', [2]).mul(2) }))
  return async function keepOne() {
    const { y } = await step({ x: [1, 2] }, { keep: true })
    return y
  }
}
const buffers = (rt: Runtime): number => rt.memory()[0].buffers

it.each(backends)(
  'values that were kept and dropped are freed, and from the second time on their place is told, once: %s',
  async (_, make) => {
    const rt = createRuntime({ backends: [make()] })
    const keep = keeping(rt)
    await drop(keep, 3)
    expect(buffers(rt)).toBeGreaterThan(0)
    const left = async (): Promise<number> => {
      await sweep()
      return buffers(rt)
    }
    await expect.poll(left, { timeout: 20_000 }).toBe(0)
    expect(warn).not.toHaveBeenCalled()
    await drop(keep, 3)
    await expect.poll(left, { timeout: 20_000 }).toBe(0)
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/keep: true.*dispose\(\)[^]*keepOne.*dropped\.test/)]])
    await rt.close()
  },
)

it('nothing is told of values that are disposed, or still in use, themselves or by what is made of them', async () => {
  const rt = createRuntime({ backends: [reference()] })
  const keep = keeping(rt)
  // From here on places are known, and would be told.
  await drop(keep, 1)
  await sweep()
  const disposed = await keep()
  disposed.dispose()
  const kept = await keep()
  const derived = (await keep()).mul(3)
  await sweep()
  expect(await kept.array()).toEqual([2, 4])
  expect(await derived.array()).toEqual([6, 12])
  expect(buffers(rt)).toBe(16)
  expect(warn).not.toHaveBeenCalled()
  await rt.close()
})

it.each(backends)('what is dropped after its runtime was closed fails nowhere: %s', async (_, make) => {
  const failures: unknown[] = []
  const note = (error: unknown): void => void failures.push(error)
  process.on('uncaughtException', note)
  const rt = createRuntime({ backends: [make()] })
  await drop(keeping(rt), 1)
  await rt.close()
  await sweep()
  process.off('uncaughtException', note)
  expect(failures).toEqual([])
})
