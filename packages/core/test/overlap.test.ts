import { reference } from '@gradloom/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import {
  assign,
  createRuntime,
  DisposedError,
  hostArray,
  mul,
  noGrad,
  slot,
  tensor,
  type Backend,
  type Tensor,
} from '../src/index.ts'
import { createRng } from '@gradloom/ops'

const pause = (ms = 0): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })
/** A backend that is elsewhere: what it is asked for takes its time, in the order of asking. */
function remote(inner = reference()): Backend {
  let line: Promise<unknown> = Promise.resolve()
  const queued = <T>(work: () => Promise<T>): Promise<T> => {
    const result = line.then(() => pause()).then(work)
    line = result.catch(() => undefined)
    return result
  }
  return {
    ...inner,
    start: () => queued(() => inner.start()),
    upload: (...args) => queued(() => inner.upload(...args)),
    download: (...args) => queued(() => inner.download(...args)),
    async prepare(...args) {
      const executable = await queued(() => inner.prepare(...args))
      let disposed = false
      return {
        byteLength: executable.byteLength,
        run: (...bound) => {
          if (disposed) throw new DisposedError('remote: a live executable required, got a disposed one')
          return queued(() => executable.run(...bound))
        },
        dispose: () => {
          disposed = true
          void queued(async () => executable.dispose())
        },
      }
    },
  }
}

describe.each([
  ['inline', reference],
  ['remote', remote],
] as const)('runs and changes that overlap, %s', (_, make) => {
  const rt = createRuntime({ backends: [make()] })
  afterAll(() => rt.close())

  it("steps that start together on variables that are on the host still see one another's updates", async () => {
    const env = rt.variables()
    for (const n of ['a', 'b']) env.name(n).set([0])
    const step = env.compile((ctx) => {
      const a = ctx.variable('a')
      const b = ctx.variable('b')
      return { old: a.mul(1), a: assign(a, a.add(1)), b: assign(b, b.sub(1)) }
    })
    const results = await Promise.all([step(), step(), step(), step()])
    expect(results.map((r) => r.old.item())).toEqual([0, 1, 2, 3])
    expect([(await env.name('a').get()).item(), (await env.name('b').get()).item()]).toEqual([4, -4])
  })

  it('a value that is set while a run starts is in that run or in the next one, and never lost', async () => {
    const env = rt.variables()
    env.name('a').set([0])
    env.name('b').set([0])
    const step = env.compile((ctx) => ({ sum: ctx.variable('a').add(ctx.variable('b')) }))
    await step()
    for (let turn = 1; turn < 40; turn++) {
      env.name('b').set([1000 * turn])
      const before = (await env.name('a').get()).item()
      const run = step()
      for (let i = 0; i < turn % 20; i++) await (turn > 20 ? pause() : Promise.resolve())
      env.name('a').set([turn])
      expect([before, turn].map((a) => a + 1000 * turn)).toContain((await run).sum.item())
      expect((await step()).sum.item()).toBe(1001 * turn)
      expect((await env.name('a').get()).item()).toBe(turn)
    }
  })

  it('evaluations that overlap, and begin with what others computed, are of their own values', async () => {
    for (const x of [1, 2, 3, 4]) {
      const chain = (known: Tensor): Tensor[] => {
        const y = tensor([x]).add(1)
        const z = y.mul(known)
        return [y, z, z.mul(3).sub(y)]
      }
      const two = tensor([1]).add(1)
      await rt.evaluate([two])
      for (const list of [noGrad(() => chain(tensor([2]))), chain(two)]) {
        const values = await Promise.all(list.map((t) => rt.evaluate([t])))
        expect(values.map(([host]) => host.item())).toEqual([x + 1, 2 * (x + 1), 5 * (x + 1)])
      }
    }
  })

  it('random draws of calls that overlap differ', async () => {
    const step = rt.variables().compile(() => ({ r: createRng(1).uniform([2]) }))
    const drawn = await Promise.all([step(), step(), step()])
    expect(new Set(drawn.map((d) => String(d.r.data))).size).toBe(3)
    expect(step.runs).toBe(3)
  })

  it('more programs than plans are kept run together, each with a variable that is still to be brought', async () => {
    const env = rt.variables()
    const sizes = Array.from({ length: 200 }, (__, n) => n + 1)
    for (const n of sizes) env.name(`v${n}`).set(new Float32Array(n).fill(1))
    const results = await env.run((ctx) =>
      Promise.all(
        sizes.map((n) =>
          ctx
            .evaluator()
            .push(mul(ctx.variable(`v${n}`), 2).sum())
            .run(),
        ),
      ),
    )
    expect(results.map(([h]) => h.item())).toEqual(sizes.map((n) => 2 * n))
  })

  it('a variable of a disposed environment says so, wherever its value was', async () => {
    for (const runs of [0, 1]) {
      const env = rt.variables()
      const before = rt.memory()
      env.name('w').set([1])
      const step = env.compile((ctx) => ({ w: ctx.variable('w').mul(2) }))
      for (let i = 0; i < runs; i++) await step()
      const late = runs ? null : step().catch(() => undefined)
      env.dispose()
      env.dispose()
      await expect(step()).rejects.toMatchObject({ code: 'DISPOSED', message: expect.stringContaining('w:') as string })
      await late
      await pause(20)
      expect(rt.memory().map((m) => m.buffers)).toEqual(before.map((m) => m.buffers))
    }
  })

  it('a value that reads the variable it is set to is refused, also through others', () => {
    const env = rt.variables()
    env.name('a').set([1, 2])
    env.name('b').set([3, 4])
    return env.run(async (ctx) => {
      const a = ctx.variable('a')
      const b = ctx.variable('b')
      expect(() => {
        env.name('a').set(mul(a, 2))
      }).toThrow(expect.objectContaining({ code: 'NAME', message: expect.stringContaining('a:') as string }))
      env.name('b').set(mul(a, 2))
      expect(() => {
        env.name('a').set(mul(b, 2))
      }).toThrow(expect.objectContaining({ code: 'NAME' }))
      expect(await b.add(slot(a, 'state', mul(a, 10))).array()).toEqual([12, 24])
    })
  })
})

describe('the life of a runtime', () => {
  const counted = (): { backend: Backend; log: string[] } => {
    const log: string[] = []
    const inner = remote()
    return {
      log,
      backend: {
        ...inner,
        start: async () => {
          await inner.start()
          log.push('started')
        },
        close: async () => {
          log.push('closed')
          await inner.close()
        },
      },
    }
  }
  it('starts nothing once it was closed', async () => {
    const { backend, log } = counted()
    const rt = createRuntime({ backends: [backend] })
    await rt.close()
    await expect(rt.ready()).rejects.toMatchObject({ code: 'BACKEND' })
    await expect(rt.evaluate([tensor([1]).add(1)])).rejects.toMatchObject({
      code: 'BACKEND',
      message: expect.stringContaining('runtime: it was closed') as string,
    })
    expect(log).toEqual(['closed'])
  })
  it('closes a backend once it has started', async () => {
    const { backend, log } = counted()
    const rt = createRuntime({ backends: [backend] })
    const run = rt.evaluate([tensor([1]).add(1)])
    await Promise.all([rt.close(), expect(run).rejects.toMatchObject({ code: 'BACKEND' })])
    expect(log).toEqual(['started', 'closed'])
  })
})

describe('feeds', () => {
  const rt = createRuntime({ backends: [reference()] })
  afterAll(() => rt.close())
  it('bytes other than 0 are true, and one truth', async () => {
    const bytes = Uint8Array.of(2, 0, 255, 1)
    await rt.run(async (ctx) => {
      const p = ctx.placeholder('p', [-1], 'bool')
      for (const fed of [bytes, hostArray(bytes, [4], 'bool')]) {
        expect((await ctx.evaluator().push(p.cast('float32')).feed(p, fed).run())[0].array()).toEqual([1, 0, 1, 1])
      }
      expect(await tensor(bytes, { dtype: 'bool' }).cast('int32').array()).toEqual([1, 0, 1, 1])
    })
    expect([...bytes]).toEqual([2, 0, 255, 1])
  })
  it('text and null are no numbers', () =>
    rt.run((ctx) => {
      for (const dtype of ['int32', 'float32', 'bool'] as const) {
        const p = ctx.placeholder(dtype, [1], dtype)
        for (const fed of [['1'], [null]])
          expect(() => ctx.evaluator().feed(p, fed as never)).toThrow(expect.objectContaining({ code: 'FEED' }))
      }
    }))
  it('go to no placeholder of that name from another context', async () => {
    const y = await rt.run((ctx) => ctx.placeholder('x', [2]).mul(2))
    for (const [shape, dtype] of [
      [[3], 'float32'],
      [[2], 'int32'],
    ] as const) {
      await rt.run(async (ctx) => {
        const run = ctx
          .evaluator()
          .push(y)
          .feed(ctx.placeholder('x', shape, dtype), [1, 2, 3].slice(0, shape[0]))
          .run()
        await expect(run).rejects.toMatchObject({
          code: 'FEED',
          message: expect.stringContaining('x: float32 [2] expected') as string,
        })
      })
    }
  })
})
