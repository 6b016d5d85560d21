import { Worker } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { conformance, samples } from '@gradloom/conformance'
import {
  add,
  apply,
  BackendError,
  createRuntime,
  defineOp,
  DisposedError,
  exp,
  IndexError,
  KernelError,
  mul,
  OutOfMemoryError,
  sum,
  take,
  tensor,
  type Backend,
  type Plugin,
  type Runtime,
  type Tensor,
  type TypedArray,
} from '@gradloom/core'
import { scan } from '@gradloom/ops'
import { cpu, type CpuKernel, type NodeWorker } from '../src/index.ts'
import { deviceKernels } from '../src/kernels/device-kernels.ts'
import { builtIn } from '../src/kernels/index.ts'

const inWorker = (): Backend => cpu({ placement: 'worker' })
const running: Runtime[] = []
const runtimeOf = (backend: Backend, plugins: readonly Plugin[] = []): Runtime => {
  const rt = createRuntime({ backends: [backend], plugins })
  running.push(rt)
  return rt
}
afterAll(() => Promise.all(running.map((rt) => rt.close())))

// Every kind of step and of named kernel; the rest is the inline backend's, tested there.
const ops = ['add', 'matmul', 'sum', 'sort', 'take', 'cumsum', 'where', 'concat', 'scan', 'cond']
const report = conformance(inWorker, { describe, it }, { samples: samples.filter((s) => ops.includes(s.op)) })

it('leaves no sample out', () => {
  expect(report.excluded).toEqual([])
  expect(report.checks).toBeGreaterThan(50)
})

it('states the kernels that there are', () => {
  const kernels = [...Object.keys(builtIn), ...Object.keys(deviceKernels), 'scan', 'cond']
  expect(cpu({ placement: 'inline' }).capabilities).toMatchObject({ kernels, inline: true })
  expect(inWorker().capabilities).toMatchObject({ kernels, inline: false })
})

describe('a backend in a worker', () => {
  it('gives the bits that the inline one gives, and leaves fed arrays alone', async () => {
    const data = Float32Array.from({ length: 3000 }, (_, i) => Math.sin(i))
    const seen = data.slice()
    const view = data.subarray(1000, 2000)
    const results = (backend: Backend): Promise<TypedArray[]> =>
      runtimeOf(backend).run(async (ctx) => {
        const x = ctx.placeholder('x', [-1])
        return (
          await ctx
            .evaluator()
            .push(sum(exp(x)), mul(x, x))
            .feed(x, view)
            .run()
        ).map((h) => h.data)
      })
    expect(await results(inWorker())).toEqual(await results(cpu({ placement: 'inline' })))
    expect(data).toEqual(seen)
  })

  it('sends one message a run', async () => {
    const sent: string[] = []
    const counted = (): NodeWorker => {
      const worker = new Worker(new URL('../src/worker/entry.ts', import.meta.url), {
        execArgv: ['--conditions=@gradloom/source'],
      })
      const post = worker.postMessage.bind(worker)
      worker.postMessage = (message: { readonly argumentList: readonly { value: unknown }[] }, transfer) => {
        sent.push(String(message.argumentList[0].value))
        post(message, transfer)
      }
      return worker
    }
    const env = runtimeOf(cpu({ worker: counted })).variables()
    env.name('w').set([1, 2, 3])
    const step = env.compile((ctx) => ({ loss: sum(ctx.variable('w').mul(ctx.placeholder('x', [3]))) }))
    for (let i = 0; i < 5; i++) await step({ x: [1, 1, i] })
    expect(sent).toEqual(['start', 'prepare', 'upload', 'run', 'run', 'run', 'run', 'run'])
  })

  it('passes errors with class, code and message', async () => {
    const rt = runtimeOf(inWorker())
    const wrong = rt.run(async (ctx) => {
      const at = ctx.placeholder('at', [-1], 'int32')
      return await ctx
        .evaluator()
        .push(take(tensor([1, 2, 3]), at))
        .feed(at, Int32Array.of(1, 7))
        .run()
    })
    await expect(wrong).rejects.toThrow(IndexError)
    await expect(wrong).rejects.toMatchObject({
      name: 'IndexError',
      code: 'INDEX',
      message: expect.stringMatching(/take.*7.*position 1/),
    })
    await expect(
      runtimeOf(cpu({ placement: 'worker', memoryLimit: 1 << 20 })).evaluate([
        sum(exp(tensor(new Float32Array(1 << 19))).mul(2)),
      ]),
    ).rejects.toThrow(OutOfMemoryError)
  })

  it('does not run synchronously, and says so', async () => {
    const rt = runtimeOf(inWorker())
    await rt.ready()
    expect(() => rt.evaluateSync([tensor([1]).mul(2)])).toThrow(BackendError)
  })

  it('keeps memory flat over runs, with feeds, variables and kept results', async () => {
    const backend = inWorker()
    const env = runtimeOf(backend).variables()
    env.name('w').set(new Float32Array(1000))
    const step = env.compile((ctx) => {
      const w = ctx.variable('w').add(ctx.placeholder('x', [1000]))
      return { w }
    })
    const once = async (): Promise<void> => {
      const { w } = await step({ x: new Float32Array(1000).fill(2) }, { keep: true })
      expect((await w.data())[999]).toBe(2)
      w.dispose()
    }
    await once()
    await once()
    const before = backend.memory()
    for (let i = 0; i < 100; i++) await once()
    expect(backend.memory()).toEqual(before)
  })

  it('refuses what was disposed or closed', async () => {
    const backend = inWorker()
    await backend.start()
    const buffer = await backend.upload(Float32Array.of(1, 2), 'float32')
    const foreign = cpu({ placement: 'inline' })
    await foreign.start()
    const other = await foreign.upload(Float32Array.of(1), 'float32')
    await expect(backend.download(other)).rejects.toThrow(TypeError)
    buffer.dispose()
    await expect(backend.download(buffer)).rejects.toThrow(DisposedError)
    const [pending] = await Promise.allSettled([backend.upload(Float32Array.of(1, 2), 'float32'), backend.close()])
    expect(pending).toMatchObject({ status: 'rejected', reason: { name: 'BackendError' } })
    await expect(backend.upload(Float32Array.of(1), 'float32')).rejects.toThrow(BackendError)
    expect(backend.memory().reserved).toBe(0)
  })

  it('says why a worker does not start, and what to do', async () => {
    const backend = cpu({ worker: () => new Worker('throw new Error("policy")', { eval: true }) })
    await expect(backend.start()).rejects.toThrow(/did not start: policy.*cpu\(\{ worker \}\)/)
    await expect(backend.start()).rejects.toThrow(BackendError)
    await backend.close()
  })

  it('starts after starts that failed, whatever the reason', async () => {
    const good = (): NodeWorker =>
      new Worker(new URL('../src/worker/entry.ts', import.meta.url), { execArgv: ['--conditions=@gradloom/source'] })
    const tries: (() => NodeWorker)[] = [
      () => {
        throw new TypeError('no workers today')
      },
      () => new Worker('process.exit(1)', { eval: true }),
      () => {
        const worker = good() as Worker
        void worker.terminate()
        return worker
      },
    ]
    const backend = cpu({ worker: () => (tries.shift() ?? good)() })
    await expect(backend.start()).rejects.toThrow(/no workers today/)
    await expect(backend.upload(Float32Array.of(1), 'float32')).rejects.toThrow(/start/)
    await expect(backend.start()).rejects.toThrow(BackendError)
    await expect(backend.start()).rejects.toThrow(BackendError)
    await backend.start()
    const x = await backend.upload(Float32Array.of(1, 2), 'float32')
    expect(await backend.download(x)).toEqual(Float32Array.of(1, 2))
    await backend.close()
    await expect(backend.start()).rejects.toThrow(BackendError)
  })

  it('is closed at once while its worker starts, though that never answers', async () => {
    const backend = cpu({ worker: () => new Worker('setInterval(() => {}, 1000)', { eval: true }) })
    const [starting] = await Promise.allSettled([
      backend.start(),
      new Promise((resolve) => {
        setTimeout(resolve, 300)
      }).then(() => backend.close()),
    ])
    expect(starting).toMatchObject({
      status: 'rejected',
      reason: { code: 'BACKEND', message: expect.stringMatching(/closed/) as string },
    })
  })
})

describe('kernels of plugins', () => {
  const kernel: CpuKernel = () => {}
  const of = (name: string) => defineOp({ name, infer: ([x]) => x })
  const double = of('acme/double')
  const fail = of('acme/fail')
  const absent = of('acme/absent')
  const acme: Plugin = {
    name: 'acme',
    ops: [double, fail, absent],
    kernels: { cpu: { 'acme/double': kernel, 'acme/fail': kernel, 'acme/absent': kernel } },
  }
  const plugged = (): NodeWorker =>
    new Worker(new URL('./plugged-executor.ts', import.meta.url), { execArgv: ['--conditions=@gradloom/source'] })

  it('cannot be sent: a plan that needs one says what to do', async () => {
    const result = runtimeOf(inWorker(), [acme]).evaluate([apply(double, [tensor([1, 2])])])
    await expect(result).rejects.toThrow(KernelError)
    await expect(result).rejects.toThrow(/acme\/double.*serve\(\{ plugins \}\)/)
    const [inScan] = scan((c: Tensor, v) => [add(c, apply(double, [v])), null], tensor(0), tensor([1, 2]))
    await expect(runtimeOf(inWorker(), [acme]).evaluate([inScan])).rejects.toThrow(/acme\/double.*serve/)
  })

  it('run in a worker that serves them', async () => {
    const rt = runtimeOf(cpu({ worker: plugged }), [acme])
    const [h] = await rt.evaluate([apply(double, [tensor([1.5, -2])])])
    expect([...h.data]).toEqual([3, -4])
    await expect(rt.evaluate([apply(absent, [tensor([1])])])).rejects.toThrow(/acme\/absent.*serve/)
  })

  it('pass what they throw as a KernelError with its causes', async () => {
    const error = (await runtimeOf(cpu({ worker: plugged }), [acme])
      .evaluate([apply(fail, [tensor([1])])])
      .catch((e: unknown) => e)) as Error & { readonly code: string }
    expect(error).toBeInstanceOf(KernelError)
    expect(error).toMatchObject({ code: 'KERNEL', message: expect.stringMatching(/acme\/fail.*no luck/) })
    expect(error.cause).toMatchObject({ message: 'no luck', cause: expect.any(RangeError) })
  })
})
