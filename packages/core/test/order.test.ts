/* oxlint-disable vitest/expect-expect -- fc.assert calls the properties, which expect */
import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { createRng, cumsum } from '@gradloom/ops'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import {
  add,
  assign,
  createRuntime,
  mul,
  setRuntime,
  sum,
  take,
  tensor,
  updates,
  type Backend,
  type CompiledStep,
  type Context,
  type HostArray,
  type Runtime,
  type VariableEnvironment,
} from '../src/index.ts'

/** SEED=... tries others, which a failure prints too. */
const seed = Number(process.env['SEED'] ?? 20_270_301)
const makers: Record<string, () => Backend> = {
  reference,
  'cpu, inline': () => cpu({ placement: 'inline', threads: 1 }),
  'cpu, worker': () => cpu({ placement: 'worker', threads: 1 }),
}

const number = fc.integer({ min: -3, max: 3 })
const name = fc.constantFrom('a', 'b')
const pair = fc.tuple(number, number)
/** A call on an environment of two variables of two elements; `n`: rows that a step is fed, each its own plan. */
const call = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('step' as const), n: fc.integer({ min: 1, max: 3 }), x: number }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('pick' as const), at: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drawn' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('set' as const, 'assign' as const), name, to: pair }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('compute' as const), name, to: pair }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('derive' as const), x: number }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('get' as const), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('evaluate' as const), x: number }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('save' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('load' as const), a: pair, b: pair }) },
)
type Call = typeof call extends fc.Arbitrary<infer T> ? T : never

interface Fixture {
  readonly env: VariableEnvironment
  readonly ctx: Context
  /** Adds the sum of what it is fed to one variable, and that to the other. */
  readonly step: CompiledStep<never>
  /** Doubles an element of a variable; fails at position 2. */
  readonly pick: CompiledStep<never>
  readonly drawn: CompiledStep<never>
}
/** One batch buffer, which every step is fed and which is overwritten right after the call. */
const batch = new Float32Array(6)

async function fixture(rt: Runtime): Promise<Fixture> {
  const env = rt.variables()
  env.name('a').set([1, 2])
  env.name('b').set([3, 4])
  const step = env.compile((ctx) => {
    const [a, b] = ctx.variables()
    const next = add(a, sum(ctx.placeholder('x', [-1, 2]), { axis: 0 }))
    return { old: mul(a, 1), b: mul(b, 2), train: updates(assign(a, next), assign(b, add(b, mul(next, 0.5)))) }
  })
  const pick = env.compile((ctx) => {
    const [a, b] = ctx.variables()
    const one = take(b, ctx.placeholder('at', [1], 'int32'))
    return { one, train: updates(assign(a, add(a, one)), assign(b, cumsum(b))) }
  })
  const drawn = env.compile((ctx) => ({ r: createRng(7).uniform([2]), a: mul(ctx.variable('a'), 1) }))
  const ctx = await env.run((c) => c)
  ctx.placeholder('y', [2])
  return { env, ctx, step: step as never, pick: pick as never, drawn: drawn as never }
}

const plain = (values: Iterable<readonly [string, HostArray]>): unknown =>
  [...values].map(([n, h]) => [n, h.shape, [...h.data]])
const codeOf = (error: unknown): unknown => ({ failed: (error as { readonly code?: string }).code })

/** Makes a call; what it resolves to as plain data. */
async function make({ env, ctx, step, pick, drawn }: Fixture, c: Call): Promise<unknown> {
  const run = (of: CompiledStep<never>, feeds: Record<string, Float32Array | number[]>): Promise<unknown> =>
    of(feeds).then((out) => plain(Object.entries(out)), codeOf)
  switch (c.do) {
    case 'step': {
      const x = batch.subarray(0, 2 * c.n).fill(c.x)
      const done = run(step, { x })
      batch.fill(NaN)
      return done
    }
    case 'pick':
      return run(pick, { at: [c.at] })
    case 'drawn':
      return run(drawn, {})
    case 'set':
    case 'assign': {
      const data = Float32Array.from(c.to)
      if (c.do === 'set') env.name(c.name).set(data)
      else env.assign(c.name, data)
      data.fill(NaN)
      return null
    }
    case 'compute':
      env.name(c.name).set(mul(tensor([...c.to]), 0.25))
      return null
    case 'derive':
      env.name('b').set(mul(ctx.variable('a'), c.x))
      return null
    case 'get':
      return env
        .name(c.name)
        .get()
        .then((h) => plain([[c.name, h]]))
    case 'evaluate': {
      const y = batch.subarray(0, 2).fill(c.x)
      const asked = ctx.evaluator().push(add(mul(ctx.variable('a'), ctx.placeholder('y', [2])), ctx.variable('b')))
      const done = asked.feed('y', y).run()
      batch.fill(NaN)
      return done.then((all) => plain(all.map((h) => ['', h])))
    }
    case 'save':
      return env.save().then(plain)
    case 'load': {
      const saved = [tensor([...c.a]), tensor([...c.b])].map((t) => t.node.attrs as { readonly host: HostArray })
      env.load(new Map(['a', 'b'].map((n, i) => [n, saved[i].host])))
      return null
    }
  }
}

describe.each(Object.entries(makers))(`calls without waiting, %s (seed ${seed})`, (_, backend) => {
  // Plans of one runtime are cold, those of the other warm from earlier cases.
  const warm = createRuntime({ backends: [backend()] })
  afterAll(async () => {
    await warm.close()
  })
  const sequence = async (rt: Runtime, calls: readonly Call[]): Promise<unknown[]> => {
    const f = await fixture(rt)
    const results: unknown[] = []
    for (const c of calls) results.push(await make(f, c))
    results.push(await make(f, { do: 'save' }))
    f.env.dispose()
    return results
  }
  const atOnce = async (rt: Runtime, calls: readonly Call[]): Promise<unknown[]> => {
    const f = await fixture(rt)
    const asked = [...calls, { do: 'save' } as const].map((c) => make(f, c))
    const results = await Promise.all(asked)
    f.env.dispose()
    return results
  }

  it('gives the values of the same calls one after another, whatever is compiled already', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 14, size: 'max' }), async (calls) => {
        expect(await atOnce(warm, calls)).toEqual(await sequence(warm, calls))
      }),
      { seed, numRuns: 120 },
    )
  }, 120_000)

  it('gives them where every plan is cold, and the backend has not started', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(call, { minLength: 2, maxLength: 10, size: 'max' }), async (calls) => {
        const cold = createRuntime({ backends: [backend()] })
        const got = await atOnce(cold, calls)
        await cold.close()
        expect(got).toEqual(await sequence(warm, calls))
      }),
      { seed, numRuns: 6 },
    )
  }, 120_000)

  it('a new evaluator draws anew, also of calls that overlap', async () => {
    await warm.run(async (ctx) => {
      const r = createRng(3).uniform([2])
      const draws = await Promise.all([1, 2, 3].map(() => ctx.evaluator().push(r).run()))
      expect(new Set(draws.map(([h]) => String(h.data))).size).toBe(3)
    })
  })

  it('a value that is computed of another variable is computed of what that was at the call', async () => {
    const f = await fixture(warm)
    f.env.name('b').set(mul(f.ctx.variable('a'), 10))
    f.env.name('a').set([0, 0])
    await make(f, { do: 'step', n: 1, x: 1 })
    expect([...(await f.env.name('b').get()).data]).toEqual([10.5, 20.5])
    f.env.dispose()
  })

  it('a step that fails among others changes nothing', async () => {
    const f = await fixture(warm)
    const calls = [0, 2, 1].map((at) => make(f, { do: 'pick', at }))
    expect((await Promise.all(calls))[1]).toEqual({ failed: 'INDEX' })
    expect([...(await f.env.name('b').get()).data]).toEqual([3, 10])
    f.env.dispose()
  })

  it('two backward() at once add both gradients', async () => {
    setRuntime(warm)
    try {
      const x = tensor([1, 2], { requiresGrad: true })
      await Promise.all([mul(x, 3).sum().backward(), mul(x, x).sum().backward(), mul(x, 10).sum().backward()])
      expect(await x.grad!.array()).toEqual([15, 17])
    } finally {
      setRuntime(null)
    }
  })

  it('arrays that tensors are made of may change at once', async () => {
    const data = Float32Array.of(1, 2)
    const t = tensor(data)
    const doubled = warm.evaluate([mul(t, 2)])
    data.fill(NaN)
    expect([...(await doubled)[0].data]).toEqual([2, 4])
  })
})
