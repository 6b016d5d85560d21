import { Worker } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import {
  assign,
  BackendError,
  createRuntime,
  matmul,
  mean,
  sum,
  tanh,
  tensor,
  type Runtime,
  type VariableEnvironment,
} from '@gradloom/core'
import { cpu, type NodeWorker } from '../src/index.ts'

interface Mortal {
  readonly rt: Runtime
  readonly workers: Worker[]
  kill(): Promise<unknown>
}
function mortal(threads: number): Mortal {
  const workers: Worker[] = []
  const worker = (): NodeWorker => {
    workers.push(
      new Worker(new URL('../src/worker/entry.ts', import.meta.url), { execArgv: ['--conditions=@gradloom/source'] }),
    )
    return workers.at(-1)!
  }
  return {
    rt: createRuntime({ backends: [cpu({ worker, threads })] }),
    workers,
    kill: async () => workers.at(-1)!.terminate(),
  }
}
const after = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
const died = {
  name: 'BackendError',
  code: 'BACKEND',
  message: expect.stringMatching(/worker died.*run again/) as string,
}

/** A step that takes some hundred milliseconds, and adds one to `w` at its end. */
function longStep(env: VariableEnvironment): () => Promise<unknown> {
  env.name('w').set([1, 2, 3])
  env.name('m').set(new Float32Array(512 * 512).fill(1 / 512))
  const step = env.compile((ctx) => {
    const m = ctx.variable('m').reshape([512, 512])
    let x = m
    for (let i = 0; i < 40; i++) x = tanh(matmul(x, m))
    return {
      loss: mean(x),
      w: assign(ctx.variable('w'), ctx.variable('w').add(1)),
      m: assign(ctx.variable('m'), x.reshape([512 * 512])),
    }
  })
  return step
}

// With more than one thread memory is shared, and values are read there; with one, replies bring copies.
describe.each([1, 2])('%i threads', (threads) => {
  it('rejects the runs that were under way when the worker was killed; the next goes on from the last that finished', async () => {
    const { rt, workers, kill } = mortal(threads)
    const env = rt.variables()
    const step = longStep(env)
    await step()
    const m = (await env.name('m').get()).data
    const pending = [step(), step(), rt.evaluate([sum(tensor([1, 2]))])]
    const outcomes = Promise.allSettled(pending)
    await after(50)
    await kill()
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: died })
      expect((outcome as PromiseRejectedResult).reason).toBeInstanceOf(BackendError)
    }
    expect((await env.name('w').get()).array()).toEqual([2, 3, 4])
    expect((await env.name('m').get()).data).toEqual(m)
    await step()
    expect((await env.name('w').get()).array()).toEqual([3, 4, 5])
    expect(workers.length).toBe(2)
    await kill()
    expect((await env.name('w').get()).array()).toEqual([3, 4, 5])
    expect(workers.length).toBe(3)
    await rt.close()
  })

  it('loses results that were kept outside of shared memory, and says so', async () => {
    const { rt, kill } = mortal(threads)
    const env = rt.variables()
    env.name('w').set([1, 2])
    const step = env.compile((ctx) => ({ y: ctx.variable('w').mul(2) }))
    const { y } = await step({}, { keep: true })
    expect([...(await y.data())]).toEqual([2, 4])
    const { y: lost } = await step({}, { keep: true })
    await kill()
    if (threads === 1) await expect(lost.data()).rejects.toThrow(/lost with the worker/)
    else expect([...(await lost.data())]).toEqual([2, 4])
    expect((await step()).y.array()).toEqual([2, 4])
    lost.dispose()
    await rt.close()
  })

  it('holds the values of every finished step, whenever the worker dies', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('step', 'other', 'set', 'kill', 'step then kill', 'read'), {
          minLength: 3,
          maxLength: 8,
        }),
        async (events) => {
          const { rt, kill } = mortal(threads)
          const env = rt.variables()
          let a = 1
          let b = 10
          env.name('a').set([a, a])
          env.name('b').set([b])
          const step = env.compile((ctx) => ({
            s: sum(ctx.variable('a')),
            a: assign(ctx.variable('a'), ctx.variable('a').add(ctx.variable('b'))),
          }))
          const other = env.compile((ctx) => ({ b: assign(ctx.variable('b'), ctx.variable('b').add(1)) }))
          const check = async (): Promise<void> => {
            expect([...(await env.name('a').get()).data, ...(await env.name('b').get()).data]).toEqual([a, a, b])
          }
          await step()
          a += b
          for (const event of events) {
            if (event === 'step') {
              expect((await step()).s.item()).toBe(2 * a)
              a += b
            }
            if (event === 'other') {
              await other()
              b++
            }
            if (event === 'set') {
              a = 5
              env.name('a').set([5, 5])
            }
            if (event === 'kill') await kill()
            if (event === 'step then kill') {
              const run = step().then(
                () => true,
                () => false,
              )
              await kill()
              if (await run) a += b
            }
            if (event === 'read') await check()
          }
          await check()
          await rt.close()
        },
      ),
      { numRuns: 3 },
    )
  }, 60_000)

  it('rejects what is under way when it is closed', async () => {
    const { rt } = mortal(threads)
    const step = longStep(rt.variables())
    await step()
    const [run] = await Promise.allSettled([step(), after(50).then(() => rt.close())])
    expect(run).toMatchObject({
      status: 'rejected',
      reason: { name: 'BackendError', message: expect.stringMatching(/closed/) as string },
    })
  })
})
