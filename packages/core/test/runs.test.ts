import { reference } from '@gradloom/conformance'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { createRuntime, setRuntime, tensor, type Runtime } from '../src/index.ts'

const a = createRuntime({ backends: [reference()] })
const b = createRuntime({ backends: [reference()] })
const c = createRuntime({ backends: [reference()] })
afterEach(() => {
  setRuntime(null)
})
afterAll(() => Promise.all([a, b, c].map((r) => r.close())))

/** A run that ends when it is told to. */
function held(runtime: Runtime): () => Promise<unknown> {
  let end = (): void => undefined
  const until = new Promise<void>((resolve) => {
    end = resolve
  })
  const run = runtime.run(() => until)
  return () => (end(), run)
}
/** Which runtime computes a tensor that belongs to none; null for none. */
async function current(): Promise<string | null> {
  const before = [a, b, c].map((r) => r.plansCompiled)
  const size = 1 + (counter++ % 1000)
  try {
    await tensor(new Float32Array(size)).add(counter).data()
  } catch {
    return null
  }
  return 'abc'[[a, b, c].findIndex((r, i) => r.plansCompiled > before[i])]
}
let counter = 0

describe('the current runtime', () => {
  it.each([
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ])('is what it was after runs that end in the order %i, %i, %i', async (...order) => {
    for (const outside of [null, c]) {
      setRuntime(outside)
      const ends = [a, b, a].map(held)
      for (const i of order) await ends[i]()
      expect(await current()).toBe(outside && 'c')
    }
  })

  it('is that of the latest run that has not ended', async () => {
    const [endA, endB] = [a, b].map(held)
    expect(await current()).toBe('b')
    const endC = held(c)
    await endB()
    expect(await current()).toBe('c')
    await endC()
    expect(await current()).toBe('a')
    await endA()
    expect(await current()).toBe(null)
  })

  it('stays what a body set, once its run has ended', async () => {
    await a.run(async () => {
      setRuntime(c)
      expect(await current()).toBe('a')
    })
    expect(await current()).toBe('c')
  })

  it('is restored after a body that throws', async () => {
    const failure = new Error('of the body')
    await expect(
      a.run(() => {
        throw failure
      }),
    ).rejects.toBe(failure)
    await expect(a.run(() => Promise.reject(failure))).rejects.toBe(failure)
    expect(await current()).toBe(null)
  })

  it('is that of the environment in a run of it', async () => {
    await b.variables().run(async () => {
      expect(await current()).toBe('b')
    })
    expect(await current()).toBe(null)
  })

  it('gives way to the owner of a variable or of a value on a device', async () => {
    const env = a.variables()
    env.name('v').set([1, 2])
    await env.run(async (ctx) => {
      const v = ctx.variable('v')
      const { y } = await env.compile(() => ({ y: v.mul(2) }))({}, { keep: true })
      const endB = held(b)
      const others = b.plansCompiled
      expect([await v.add(1).array(), await y.add(1).array()]).toEqual([
        [2, 3],
        [3, 5],
      ])
      expect(b.plansCompiled).toBe(others)
      await endB()
    })
  })
})
