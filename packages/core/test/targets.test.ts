import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { cond, createRng, cumprod, cumsum, scan } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import {
  add,
  assign,
  cast,
  createRuntime,
  exp,
  grad,
  greater,
  hostArray,
  matmul,
  mean,
  mul,
  scatterAdd,
  sub,
  sum,
  take,
  tanh,
  tensor,
  transpose,
  updates,
  type Backend,
  type Capabilities,
  type Context,
  type HostArray,
  type Results,
  type Runtime,
  type Tensor,
} from '../src/index.ts'

const runtimes: Runtime[] = []
const runtime = (...backends: Backend[]): Runtime => {
  const rt = createRuntime({ backends })
  runtimes.push(rt)
  return rt
}
afterAll(() => Promise.all(runtimes.map((rt) => rt.close())))

const all = reference().capabilities
/** A backend with part of what the reference has. */
const part = (name: string, capabilities: Partial<Capabilities>): Backend => ({
  ...reference(),
  name,
  capabilities: { ...all, ...capabilities },
})
const without = (...names: string[]): Partial<Capabilities> => ({
  kernels: all.kernels.filter((k) => !names.includes(k)),
})
const single: Partial<Capabilities> = { dtypes: ['float32', 'int32', 'uint32', 'bool'] }

/** Pairs of backends between which programs are split, and where each makes its single run. */
const pairs: Record<string, () => Backend[]> = {
  'one without float64': () => [part('one', single), part('two', {})],
  'one without kernels': () => [part('one', { kernels: [] }), part('two', {})],
  'kernels in turn': () => [
    part('one', without('scatterAdd', 'cumsum', 'sort')),
    part('two', without('take', 'takeAlongAxis', 'cumprod', 'topK')),
  ],
  'fusing without float64': () => [part('one', { ...single, fuse: true }), part('two', { fuse: true })],
}

const values = (n: number, from: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(from + 1.7 * i))
const plain = (out: Record<string, HostArray>): unknown =>
  Object.entries(out).map(([n, h]) => [n, h.dtype, h.shape, [...h.data]])

/** Steps that pass from dtype to dtype, and from kernel to kernel. */
function alternating(ctx: Context): Results {
  const [w, v] = ctx.variables()
  const x = ctx.placeholder('x', [-1, 3])
  const h = cumsum(tanh(matmul(x, w)), { axis: 0 })
  const wide = exp(mul(cast(h, 'float64'), v))
  const back = cumsum(cast(wide, 'float32'), { axis: 1 })
  const picked = take(back, ctx.placeholder('at', [2], 'int32'))
  const loss = mean(cast(picked, 'float64').mul(v))
  const [gw, gv] = grad([loss], [w, v])
  return { loss, h, wide, train: updates(assign(w, sub(w, mul(gw, 0.1))), assign(v, sub(v, mul(gv, 0.1)))) }
}
async function train(rt: Runtime, steps = 3): Promise<unknown[]> {
  const env = rt.variables()
  env.name('w').set(hostArray(values(12, 1), [3, 4]))
  env.name('v').set(hostArray(Float64Array.from(values(4, 2)), [4]))
  const step = env.compile(alternating)
  const seen: unknown[] = []
  for (let i = 0; i < steps; i++) {
    seen.push(plain(await step({ x: values(3 * (i + 2), i), at: [1, 0] })))
    seen.push(plain({ w: await env.name('w').get() }))
  }
  seen.push(plain(Object.fromEntries(await env.save())))
  return seen
}

describe.each(Object.entries(pairs))('a program on several backends, %s', (name, make) => {
  const isFused = name.startsWith('fusing')
  const whole = runtime({ ...reference(), capabilities: { ...all, fuse: isFused } })

  it('gives the bits of one backend, with updates of variables that both use', async () => {
    const split = runtime(...make())
    expect(await train(split)).toEqual(await train(whole))
    const env = split.variables()
    env.name('w').set(hostArray(values(12, 1), [3, 4]))
    env.name('v').set(hostArray(Float64Array.from(values(4, 2)), [4]))
    const plans = await env.compile(alternating).plans({ x: values(6, 0), at: [1, 0] })
    // Or else nothing was split.
    expect(plans.length).toBeGreaterThan(2)
  })

  it('runs whatever order the backends have', async () => {
    expect(await train(runtime(...make().reverse()))).toEqual(await train(whole))
  })

  it('a step that fails on either leaves variables alone, and those after it run', async () => {
    const rt = runtime(...make())
    const env = rt.variables()
    env.name('a').set([1, 2, 3])
    env.name('b').set(hostArray(Float64Array.of(4, 5, 6), [3]))
    const step = env.compile((ctx) => {
      const [a, b] = ctx.variables()
      const p = take(a, ctx.placeholder('p', [1], 'int32'))
      const q = take(b, ctx.placeholder('q', [1], 'int32'))
      return { p, q, train: updates(assign(a, add(a, cast(q, 'float32'))), assign(b, add(b, cast(p, 'float64')))) }
    })
    const before = await env.save()
    for (const feeds of [
      { p: [3], q: [0] },
      { p: [0], q: [3] },
    ]) {
      await expect(step(feeds)).rejects.toMatchObject({ code: 'INDEX' })
      expect(plain(Object.fromEntries(await env.save()))).toEqual(plain(Object.fromEntries(before)))
    }
    await Promise.all([
      step({ p: [1], q: [1] }),
      step({ p: [3], q: [0] }).catch(() => undefined),
      step({ p: [0], q: [0] }),
    ])
    expect((await env.name('a').get()).array()).toEqual([12, 13, 14])
    expect((await env.name('b').get()).array()).toEqual([12, 13, 14])
  })

  it('keeps values on a backend, for programs of another, and gives memory back', async () => {
    const rt = runtime(...make())
    const env = rt.variables()
    const step = env.compile((ctx) => {
      const x = ctx.placeholder('x', [4])
      return { y: cumsum(mul(x, 2)), z: exp(cast(x, 'float64')) }
    })
    const before = rt.memory().map((m) => m.buffers)
    const kept = await step({ x: [1, 2, 3, 4] }, { keep: true })
    const both = await rt.evaluate([add(cast(kept.y, 'float64'), kept.z), take(kept.y, [1, 1]), take(kept.z, [0])])
    expect(both[1].array()).toEqual([6, 6])
    expect(both[0].data[0]).toBe(2 + both[2].item())
    kept.y.dispose()
    kept.z.dispose()
    await expect(add(kept.y, 1).data()).rejects.toMatchObject({
      code: expect.stringMatching(/DISPOSED|BACKEND/) as string,
    })
    expect(rt.memory().map((m) => m.buffers)).toEqual(before)
  })

  it('a run that waits for a value of the other backend has the feeds and variables of its call', async () => {
    const rt = runtime(part('one', single), part('two', {}))
    const env = rt.variables()
    env.name('v').set(hostArray(Float64Array.of(1), [1]))
    const { kept } = await env.compile((ctx) => ({ kept: ctx.placeholder('x', [1]).mul(2) }))(
      { x: [5] },
      { keep: true },
    )
    const read = env.compile((ctx) => {
      const wide = cast(ctx.placeholder('kept', [1]), 'float64')
      return { sum: ctx.placeholder('h', [1], 'float64').add(wide).add(ctx.variable('v')) }
    })
    const next = env.compile((ctx) => ({ v: assign(ctx.variable('v'), ctx.variable('v').mul(10)) }))
    await next()
    for (const v of [10, 100, 1000]) {
      const h = Float64Array.of(0.5)
      const run = read({ kept, h })
      h[0] = 0
      await next()
      expect((await run).sum.item()).toBe(0.5 + 10 + v)
    }
  })

  it('scans and conds are run where their bodies can be', async () => {
    const results = (rt: Runtime): Promise<unknown> => {
      const step = rt.variables().compile((ctx) => {
        const x = ctx.placeholder('x', [4, 3])
        const [last, sums] = scan(
          (c: Tensor, row) => [tanh(add(c, cumsum(row))), mul(c, row)],
          exp(mean(x, { axis: 0 })),
          x,
        )
        const [wide] = scan(
          (c: Tensor, row) => [add(c, cumprod(row)), null],
          cast(last, 'float64'),
          cast(sums, 'float64'),
        )
        const [chosen] = cond(
          greater(sum(wide), 0),
          () => [cumsum(mul(wide, 2))],
          () => [wide],
        )
        const loss = sum(mul(chosen, cast(last, 'float64')))
        return { last, sums, wide, chosen, dx: grad([loss], [x])[0] }
      })
      return step({ x: values(12, 3) }).then(plain)
    }
    expect(await results(runtime(...make()))).toEqual(await results(whole))
  })

  it('variables that are set to graphs, and random draws, are those of one backend', async () => {
    const drawn = async (rt: Runtime): Promise<unknown> => {
      const env = rt.variables()
      const rng = createRng(5)
      env.name('a').set(rng.normal([3]))
      env.name('b').set(rng.uniform([3], { dtype: 'float64' }))
      env.name('c').set(cumsum(mul(rng.uniform([3]), 2)))
      const step = env.compile((ctx) => {
        const [a, b, c] = ctx.variables()
        const noise = rng.bernoulli(a, { dtype: 'float32' })
        return {
          sum: add(cast(add(a, mul(c, noise)), 'float64'), b),
          train: updates(assign(c, add(c, cast(b, 'float32')))),
        }
      })
      const out = [plain(await step()), plain(await step())]
      return [...out, plain(Object.fromEntries(await env.save()))]
    }
    expect(await drawn(runtime(...make()))).toEqual(await drawn(whole))
  })
})

describe('the cpu and another backend', () => {
  const float32 = (): Backend => {
    const backend = cpu({ threads: 1 })
    return { ...backend, capabilities: { ...backend.capabilities, ...single } }
  }
  it('float64 leaves of a program for a backend without it go to the other', async () => {
    const rt = runtime(float32(), reference())
    const env = rt.variables()
    env.name('v').set(hostArray(Float64Array.of(1e-12, 2), [2]))
    const step = env.compile((ctx) => {
      const x = ctx.placeholder('x', [2])
      const v = ctx.variable('v')
      const c = tensor(hostArray(Float64Array.of(1, 1), [2]))
      return { y: mul(x, 3), f: ctx.placeholder('f', [2], 'float64'), c, z: add(v, c), train: assign(v, add(v, c)) }
    })
    const { y, f, c, z } = await step({ x: [1, 2], f: Float64Array.of(0.1, 0.2) })
    expect([y, f, c, z].map((h) => h.array())).toEqual([
      [3, 6],
      [0.1, 0.2],
      [1, 1],
      [1 + 1e-12, 3],
    ])
    expect((await env.name('v').get()).array()).toEqual([1 + 1e-12, 3])
  })

  it('a plan whose steps alternate gives the values of one backend', async () => {
    // Index kernels alone on the reference, so that all that rounds runs on the cpu.
    const indexing = ['take', 'gather', 'scatterAdd']
    const backend = cpu({ threads: 1 })
    const kernels = backend.capabilities.kernels.filter((k) => !indexing.some((n) => k.startsWith(n)))
    expect(kernels.length).toBeLessThan(backend.capabilities.kernels.length)
    const results = async (rt: Runtime): Promise<unknown> => {
      const env = rt.variables()
      env.name('w').set(hostArray(values(20, 1), [5, 4]))
      const step = env.compile((ctx) => {
        const w = ctx.variable('w')
        const at = ctx.placeholder('at', [3], 'int32')
        const h = tanh(matmul(take(w, at), transpose(w)))
        const loss = mean(matmul(take(h, at, 1), scatterAdd(h, at, h)))
        return { loss, train: assign(w, sub(w, mul(grad([loss], [w])[0], 0.5))) }
      })
      const out: unknown[] = []
      for (let i = 0; i < 4; i++) out.push(plain(await step({ at: [1, 0, 2] })))
      return [...out, plain({ w: await env.name('w').get() })]
    }
    const split = runtime({ ...backend, capabilities: { ...backend.capabilities, kernels } }, reference())
    expect(await results(split)).toEqual(await results(runtime(cpu({ threads: 1 }))))
  })
})
