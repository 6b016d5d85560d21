import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import {
  assign,
  BackendError,
  createRuntime,
  matmul,
  mean,
  NameError,
  SettingError,
  tanh,
  type Backend,
  type CompiledStep,
  type Results,
  type Runtime,
} from '@gradloom/core'
import { ambient } from '@gradloom/core/extend'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { chromeTrace, profile, type Profile } from '../src/index.ts'
import { smallStep } from './programs.ts'

const runtimes: Runtime[] = []
afterAll(() => Promise.all(runtimes.map((rt) => rt.close())))
const runtimeOf = (...backends: Backend[]): Runtime => {
  const rt = createRuntime({ backends })
  runtimes.push(rt)
  return rt
}

const backends: readonly (readonly [string, () => Backend])[] = [
  ['reference', reference],
  ['cpu inline', () => cpu({ threads: 1, placement: 'inline' })],
  ['cpu inline, 2 threads', () => cpu({ threads: 2, placement: 'inline' })],
  ['cpu in a worker', () => cpu({ threads: 1, placement: 'worker' })],
  ['cpu in a worker, 2 threads', () => cpu({ threads: 2, placement: 'worker' })],
]
const x = [
  [1, 2, 3],
  [0, 1, -1],
]
const sum = (list: readonly { readonly ms: number }[]): number => list.reduce((total, t) => total + t.ms, 0)

test.each(backends)('%s: times of steps and the rest are those of a call, by op, scope and part', async (_, create) => {
  const step = smallStep(runtimeOf(create()))
  const { steps } = await step.plan({ x })
  const before = performance.now()
  const p = await profile(step, { x }, { runs: 4, warmup: 1 })
  const elapsed = performance.now() - before
  expect(step.runs).toBe(5)
  expect(p.steps.map((s) => s.ops.join('+'))).toEqual(steps.map((s) => s.label))
  expect(p.ms * p.runs).toBeLessThanOrEqual(elapsed)
  const { backendMs, callMs } = p.rest
  expect(sum(p.steps) + backendMs + callMs).toBeCloseTo(p.ms, 6)
  for (const list of [p.byOp, p.byScope, p.byPart]) expect(sum(list)).toBeCloseTo(sum(p.steps), 6)
  for (const s of p.steps) {
    expect(s.leastMs).toBeGreaterThanOrEqual(0)
    expect(s.leastMs).toBeLessThanOrEqual(s.ms + 1e-9)
  }
  expect(Math.min(backendMs, callMs)).toBeGreaterThan(-0.01)
  expect(String(p)).toMatch(/around the backend/)
  expect(JSON.parse(JSON.stringify(p))).toEqual({ ...p })
})

test('a step is what it is with others, when it is timed', async () => {
  const [timed, plain] = [0, 1].map(() => smallStep(runtimeOf(cpu({ threads: 1, placement: 'worker' }))))
  await profile(timed, { x }, { runs: 2, warmup: 1 })
  for (let i = 0; i < 3; i++) await plain({ x })
  expect((await timed({ x })).loss.data).toEqual((await plain({ x })).loss.data)
})

/** Products that take long enough for what is around them to be little. */
function heavy(rt: Runtime): CompiledStep<Results> {
  const env = rt.variables()
  env
    .name('w')
    .set(Array.from({ length: 384 }, (_, i) => Array.from({ length: 384 }, (__, j) => Math.sin(i + 2 * j) / 9)))
  return env.compile((ctx) => {
    const w = ctx.variable('w')
    let y = w
    for (let i = 0; i < 12; i++) y = tanh(matmul(y, w))
    return { loss: mean(y), w: assign(w, w.mul(1)) }
  })
}

test.each(backends.slice(1))('%s: steps alone take all of a long call but 5 %', async (_, create) => {
  const step = heavy(runtimeOf(create()))
  await step()
  const shares: number[] = []
  // Other programs may take the core between two steps: one of a few calls is left alone.
  for (let i = 0; i < 12 && !(Math.max(...shares) > 0.95); i++) {
    const begun = performance.now()
    const p = await profile(step, {}, { runs: 1, warmup: 0 })
    shares.push(sum(p.steps) / (performance.now() - begun))
  }
  expect(Math.max(...shares)).toBeGreaterThan(0.95)
  expect(Math.max(...shares)).toBeLessThanOrEqual(1)
})

test.each(backends.filter(([name]) => name.includes('2 threads')))(
  '%s: what helpers do is beside the step that they work on',
  async (_, create) => {
    const step = heavy(runtimeOf(create()))
    await step()
    // They take part where the system lets them, which is not in every call of a machine that does other things.
    let p = await profile(step, {}, { runs: 1, warmup: 0 })
    for (let i = 0; i < 50 && !p.spans.some((s) => s.lane > 0); i++) p = await profile(step, {}, { runs: 1, warmup: 0 })
    const beside = p.spans.filter((s) => s.lane > 0)
    expect(beside.length).toBeGreaterThan(0)
    for (const { lane, step: of, startMs, endMs } of beside) {
      expect(lane).toBe(1)
      const main = p.spans.find((s) => s.lane === 0 && s.step === of)!
      expect(startMs).toBeGreaterThanOrEqual(main.startMs)
      expect(endMs).toBeLessThanOrEqual(main.endMs)
      expect(endMs).toBeGreaterThanOrEqual(startMs)
    }
    expect(chromeTrace(p).traceEvents.some((e) => e.ph === 'M' && e.args.name === 'cpu, helper 1')).toBe(true)
  },
)

test('what is done to plans of several backends is timed on each', async () => {
  const bare = reference()
  const first: Backend = { ...bare, name: 'first', capabilities: { ...bare.capabilities, kernels: [] } }
  const rt = runtimeOf(first, { ...reference(), name: 'second' })
  const { sort } = await import('@gradloom/ops')
  const step = rt.variables().compile((ctx) => ({ y: tanh(sort(tanh(ctx.placeholder('x', [3])))) }))
  const p = await profile(step, { x: [3, 1, 2] }, { runs: 2, warmup: 1 })
  expect(new Set(p.steps.map((s) => s.backend))).toEqual(new Set(['first', 'second']))
  expect(new Set(p.steps.map((s) => s.plan)).size).toBeGreaterThan(1)
  expect(sum(p.steps) + p.rest.backendMs + p.rest.callMs).toBeCloseTo(p.ms, 6)
})

test('anything that computes can be profiled, and what was set before is set again', async () => {
  const rt = runtimeOf(reference())
  const step = smallStep(rt)
  const mine: NonNullable<typeof ambient.onRun> = (part, inputs, keep) => part.executable.run(inputs, keep)
  const before = ambient.onRun
  ambient.onRun = mine
  try {
    const p = await profile(async () => {
      await step({ x })
      await step({ x })
    })
    expect(p.steps.length).toBe((await step.plan({ x })).steps.length)
    await expect(profile(() => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError)
    expect(ambient.onRun).toBe(mine)
  } finally {
    ambient.onRun = before
  }
})

test('what watched runs before sees those that are timed, with what can time them', async () => {
  const step = smallStep(runtimeOf(reference()))
  let timed = 0
  const before = ambient.onRun
  ambient.onRun = async ({ executable }, inputs, keep) => {
    const { values, spans } = await executable.profile!(inputs, keep)
    timed += spans.length
    return values
  }
  try {
    const { steps } = await profile(step, { x }, { runs: 2, warmup: 1 })
    expect(timed).toBe(3 * steps.length)
  } finally {
    ambient.onRun = before
  }
})

test('a backend that cannot time says so, and runs again', async () => {
  const inner = reference()
  const bare: Backend = {
    ...inner,
    name: 'bare',
    prepare: async (plan, kernels) => ({ ...(await inner.prepare(plan, kernels)), profile: undefined }),
  }
  const step = smallStep(runtimeOf(bare))
  await expect(profile(step, { x })).rejects.toThrow(BackendError)
  expect((await step({ x })).loss.item()).toBeGreaterThan(0)
})

test('there is one profile at a time, and the next begins when it has ended', async () => {
  const step = smallStep(runtimeOf(reference()))
  const first = profile(step, { x })
  await expect(profile(step, { x })).rejects.toThrow(BackendError)
  expect((await first).runs).toBe(10)
  expect(ambient.onRun).toBe(null)
  expect((await profile(step, { x }, { runs: 1 })).runs).toBe(1)
})

test('settings are checked', async () => {
  const step = smallStep(runtimeOf(reference()))
  await expect(profile(step, { x }, { runs: 0 })).rejects.toThrow(SettingError)
  await expect(profile(step, { x }, { warmup: 0.5 })).rejects.toThrow(SettingError)
  await expect(profile(step, { x }, { times: 3 } as never)).rejects.toThrow(NameError)
})

/** A trace event, as the format has it. */
function checkTrace(p: Profile): void {
  const { traceEvents, displayTimeUnit } = chromeTrace(p)
  expect(displayTimeUnit).toBe('ms')
  const names = new Set(traceEvents.filter((e) => e.name === 'thread_name').map((e) => `${e.pid} ${e.tid}`))
  const events = traceEvents.filter((e) => e.ph === 'X')
  const calls = events.filter((e) => e.cat === 'call')
  expect(calls).toHaveLength(p.runs)
  for (const e of events) {
    expect(names).toContain(`${e.pid} ${e.tid}`)
    expect([Number.isFinite(e.ts), Number.isFinite(e.dur), e.dur! >= 0]).toEqual([true, true, true])
    expect(calls.some((c) => c.ts <= e.ts + 1 && e.ts + e.dur! <= c.ts + c.dur! + 1)).toBe(true)
  }
  const main = events.filter((e) => e.cat !== 'call' && e.tid === 0).toSorted((a, b) => a.ts - b.ts)
  main.slice(1).forEach((e, i) => expect(e.ts + 0.01).toBeGreaterThanOrEqual(main[i].ts + main[i].dur!))
}

test.each(backends)('%s: the trace has each step of each call within it, one after another', async (_, create) => {
  const step = smallStep(runtimeOf(create()))
  const p = await profile(step, { x }, { runs: 3, warmup: 1 })
  checkTrace(p)
  const { traceEvents } = chromeTrace(p)
  expect(JSON.parse(JSON.stringify(chromeTrace(p)))).toEqual(chromeTrace(p))
  expect(traceEvents.filter((e) => e.ph === 'X' && e.cat !== 'call' && e.tid === 0)).toHaveLength(3 * p.steps.length)
})

test('times add up whatever the shapes', async () => {
  const rt = runtimeOf(cpu({ threads: 1, placement: 'inline' }))
  const step = smallStep(rt)
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 300 }), async (rows) => {
      const p = await profile(step, { x: new Float32Array(3 * rows) }, { runs: 2, warmup: 0 })
      expect(sum(p.steps) + p.rest.backendMs + p.rest.callMs).toBeCloseTo(p.ms, 6)
      checkTrace(p)
    }),
    { numRuns: 15 },
  )
})
