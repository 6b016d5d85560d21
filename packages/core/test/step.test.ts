import { reference } from '@gradloom/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import {
  assign,
  createRuntime,
  exp,
  grad,
  log,
  matmul,
  max,
  mean,
  sum,
  stopGradient,
  tensor,
  type Backend,
  type Tensor,
} from '../src/index.ts'

/** The oracle's interpreter on fused plans. */
const fused = (): Backend => {
  const b = reference()
  return { ...b, capabilities: { ...b.capabilities, fuse: true } }
}

describe.each([
  ['one kernel an op', reference],
  ['fused', fused],
] as const)('compiled step, %s', (_, make) => {
  const rt = createRuntime({ backends: [make()] })
  afterAll(() => rt.close())

  it.each([
    ['a tensor', () => tensor([1]), /compile: tensors and updates by name required as/],
    ['a result of a method that tensors lack', () => ({ y: undefined }), /required as y, got undefined/],
    ['results within results', () => ({ all: { y: tensor([1]) } }), /required as all, got object/],
  ])('refuses a body that returns %s', (__, body, message) => {
    const build = (): unknown => rt.variables().compile(body as never)
    expect(build).toThrow(
      expect.objectContaining({ code: 'SETTING', message: expect.stringMatching(message) as string }),
    )
  })

  it('trains a linear fit in place', async () => {
    const env = rt.variables()
    env.name('w').set([[0], [0]])
    env.name('b').set([0])
    const step = env.compile((ctx) => {
      const x = ctx.placeholder('x', [-1, 2])
      const y = ctx.placeholder('y', [-1, 1])
      const w = ctx.variable('w')
      const b = ctx.variable('b')
      const e = matmul(x, w).add(b).sub(y)
      const loss = mean(e.mul(e))
      const [gw, gb] = grad([loss], [w, b])
      return { loss, w: assign(w, w.sub(gw.mul(0.1))), b: assign(b, b.sub(gb.mul(0.1))) }
    })
    const x = [
      [1, 2],
      [3, -1],
      [0.5, 0.25],
      [-2, 1],
    ]
    const y = x.map(([a, b]) => [2 * a - b + 0.5])
    let last = Infinity
    for (let i = 0; i < 300; i++) last = (await step({ x, y })).loss.item()
    expect(last).toBeLessThan(1e-6)
    expect((await env.name('w').get()).array()).toEqual([[expect.closeTo(2, 2)], [expect.closeTo(-1, 2)]])
    const plan = await step.plan({ x, y })
    expect(
      plan.inputs
        .filter((i) => i.written)
        .map((i) => i.name)
        .sort(),
    ).toEqual(['b', 'w'])
    // In place: no step copies.
    expect(plan.steps.some((s) => s.label === 'copy')).toBe(false)
  })

  it('compiles a plan a shape', async () => {
    const env = rt.variables()
    const before = rt.plansCompiled
    const step = env.compile((ctx) => ({ s: sum(ctx.placeholder('x', [-1, 3])) }))
    for (const n of [32, 128, 32]) expect((await step({ x: new Float32Array(n * 3).fill(1) })).s.item()).toBe(n * 3)
    expect(rt.plansCompiled - before).toBe(2)
  })

  it('swaps variables, and returns old values', async () => {
    const env = rt.variables()
    env.name('a').set([1, 2])
    env.name('b').set([3, 4])
    const step = env.compile((ctx) => {
      const a = ctx.variable('a')
      const b = ctx.variable('b')
      return { old: a, ab: assign(a, b), ba: assign(b, a) }
    })
    expect((await step()).old.array()).toEqual([1, 2])
    expect([(await env.name('a').get()).array(), (await env.name('b').get()).array()]).toEqual([
      [3, 4],
      [1, 2],
    ])
    expect((await step()).old.array()).toEqual([3, 4])
  })

  it('computes a softmax cross-entropy and its gradient', async () => {
    const softmaxLoss = (x: Tensor, pick: Tensor): Tensor => {
      const shifted = x.sub(stopGradient(max(x, { axis: -1, keepDims: true })))
      const logits = shifted.sub(log(sum(exp(shifted), { axis: -1, keepDims: true })))
      return mean(sum(logits.mul(pick), { axis: -1 })).neg()
    }
    await rt.run(async (ctx) => {
      const x = ctx.placeholder('x', [-1, 3], 'float64')
      const pick = ctx.placeholder('pick', [-1, 3], 'float64')
      const loss = softmaxLoss(x, pick)
      const [g] = grad([loss], [x])
      const feed = [
        [1, 2, 3],
        [0.5, -1, 1000],
      ]
      const [l, gx] = await ctx
        .evaluator()
        .push(loss, g)
        .feed(x, feed)
        .feed(pick, [
          [0, 1, 0],
          [0, 0, 1],
        ])
        .run()
      const p = [1, 2, 3].map((v) => Math.exp(v) / (Math.exp(1) + Math.exp(2) + Math.exp(3)))
      expect(l.item()).toBeCloseTo(-Math.log(p[1]) / 2, 12)
      const rows = gx.array() as number[][]
      p.forEach((v, i) => expect(rows[0][i]).toBeCloseTo((v - Number(i === 1)) / 2, 12))
      expect(rows[1]).toEqual([0, 0, 0])
    })
  })
})

describe('runs that start together', () => {
  it('share one plan, and each gets its own results', async () => {
    const rt = createRuntime({ backends: [reference()] })
    const step = rt.variables().compile((ctx) => ({ s: sum(ctx.placeholder('x', [-1])) }))
    const results = await Promise.all([1, 2, 3].map((v) => step({ x: [v, v] })))
    expect(results.map((r) => r.s.item())).toEqual([2, 4, 6])
    expect(rt.plansCompiled).toBe(1)
    await rt.close()
  })
})
