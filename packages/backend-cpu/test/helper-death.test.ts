import * as threads from 'node:worker_threads'
import { afterEach, expect, test, vi } from 'vitest'
import { assign, BackendError, createRuntime, matmul, mean, tanh, type Runtime } from '@gradloom/core'
import { cpu } from '../src/index.ts'

/** Helpers that were started since the test began. */
const helpers: threads.Worker[] = []
/** What Node gives to those that ask for its modules while they run: its workers, written down. */
function watchHelpers(make: (...args: ConstructorParameters<typeof threads.Worker>) => threads.Worker): void {
  vi.spyOn(process, 'getBuiltinModule').mockImplementation(((name: string) =>
    name === 'node:worker_threads'
      ? {
          ...threads,
          Worker: function (...args: ConstructorParameters<typeof threads.Worker>) {
            helpers.push(make(...args))
            return helpers.at(-1)
          },
        }
      : undefined) as never)
}
const started: Runtime[] = []
afterEach(async () => {
  vi.restoreAllMocks()
  helpers.length = 0
  await Promise.all(started.splice(0).map((rt) => rt.close()))
})

const SIZE = 192
function program(threadCount: number) {
  const rt = createRuntime({ backends: [cpu({ threads: threadCount, placement: 'inline' })] })
  started.push(rt)
  const env = rt.variables()
  env.name('w').set(Float32Array.from({ length: SIZE * SIZE }, (_, i) => Math.sin(i) / 10))
  const step = env.compile((ctx) => {
    const w = ctx.variable('w').reshape([SIZE, SIZE])
    const y = tanh(matmul(w, w))
    return { loss: mean(y), w: assign(ctx.variable('w'), ctx.variable('w').sub(y.reshape([-1]).mul(0.1))) }
  })
  const other = env.compile((ctx) => ({ y: mean(tanh(ctx.variable('w').mul(ctx.placeholder('x', [-1, 1])))) }))
  return { rt, step, other }
}
const after = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

test('steps go on when helpers die, give the same bits, and get other helpers', async () => {
  const single = program(1)
  const want: number[] = []
  for (let i = 0; i < 12; i++) want.push((await single.step()).loss.item())

  watchHelpers((...args) => new threads.Worker(...args))
  const { step, other } = program(3)
  const got: number[] = []
  for (let i = 0; i < 12; i++) {
    const before = helpers.length
    if (i % 4 === 2) {
      await helpers.at(-1)!.terminate()
      await after(1)
    }
    got.push((await step()).loss.item())
    // One that dies while it starts is followed by others when the next plan runs.
    while (i % 4 === 2 && helpers.length < before + 2) {
      await other({ x: Float32Array.of(1) })
      await after(5)
    }
  }
  expect(got).toEqual(want)
})

test('what is prepared after a death is loaded by other helpers', async () => {
  watchHelpers((...args) => new threads.Worker(...args))
  const { step, other } = program(2)
  await step()
  const single = program(1)
  await single.step()
  for (let size = 1; size < 4; size++) {
    await helpers.at(-1)!.terminate()
    const x = Float32Array.from({ length: size }, (_, i) => i + 1)
    expect((await other({ x })).y.item()).toBe((await single.other({ x })).y.item())
    expect(helpers).toHaveLength(1 + size)
  }
  // While it loads.
  const x = new Float32Array(5).fill(2)
  const [got] = await Promise.all([other({ x }), after(2).then(() => helpers.at(-1)!.terminate())])
  expect(got.y.item()).toBe((await single.other({ x })).y.item())
})

test('helpers that do not start are a BackendError, leave no thread, and are no obstacle to the next start', async () => {
  let broken = true
  watchHelpers((source, options) =>
    broken && helpers.length % 2 === 1
      ? new threads.Worker('throw new Error("no luck")', { eval: true })
      : new threads.Worker(source, options),
  )
  const backend = cpu({ threads: 3, placement: 'inline' })
  await expect(backend.start()).rejects.toThrow(BackendError)
  await expect(backend.start()).rejects.toThrow(/no luck/)
  expect(helpers).toHaveLength(4)
  for (const helper of helpers) expect(helper.threadId).toBe(-1)
  broken = false
  await backend.start()
  await expect(backend.upload(Float32Array.of(1), 'float32')).resolves.toMatchObject({ size: 1 })
  await backend.close()
  for (const helper of helpers) expect(helper.threadId).toBe(-1)
})
