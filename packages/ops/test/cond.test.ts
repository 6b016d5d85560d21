import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import {
  add,
  assign,
  createRuntime,
  div,
  exp,
  grad,
  greater,
  log,
  matmul,
  mul,
  split,
  sqrt,
  sub,
  sum,
  take,
  tensor,
  zeros,
  type Backend,
  type Plan,
  type Step,
  type Tensor,
} from '@gradloom/core'
import { cond, createRng, scan } from '../src/index.ts'

const without = (backend: Backend): Backend => ({
  ...backend,
  capabilities: { ...backend.capabilities, kernels: backend.capabilities.kernels.filter((k) => k !== 'cond') },
})
const native = {
  interpreted: createRuntime({ backends: [reference()] }),
  fused: createRuntime({ backends: [{ ...reference(), capabilities: { ...reference().capabilities, fuse: true } }] }),
  cpu: createRuntime({ backends: [cpu()] }),
}
const all = { ...native, decomposed: createRuntime({ backends: [without(reference())] }) }
const rt = native.fused
afterAll(() => Promise.all(Object.values(all).map((r) => r.close())))

const conds = (plan: Plan): Extract<Step, { type: 'cond' }>[] =>
  plan.steps.flatMap((s) => (s.type === 'cond' ? [s] : []))

describe('cond', () => {
  it('runs one branch: what a branch makes of outer values is in its plan', async () => {
    const env = rt.variables()
    env.name('w').set([
      [1, 2],
      [3, 4],
    ])
    const plan = await env
      .compile((ctx) => {
        const w = ctx.variable('w')
        const p = greater(ctx.placeholder('p', []), 0)
        return {
          y: cond(
            p,
            () => matmul(w, exp(w)),
            () => w,
          ),
        }
      })
      .plan({ p: 1 })
    expect(plan.steps.some((s) => s.type === 'contraction')).toBe(false)
    expect(conds(plan)[0].branches.map(({ plan: inner }) => inner.steps.map((s) => s.type))).toEqual([
      ['loop', 'contraction'],
      ['loop'],
    ])
  })

  it.each(Object.entries(all))(
    'takes one of several results of an op from outside, as scans do, %s',
    async (_, runtime) => {
      const env = runtime.variables()
      env.name('w').set([
        [1, 2],
        [3, 4],
        [5, 6],
      ])
      const step = env.compile((ctx) => {
        const w = ctx.variable('w')
        const [a, b] = split(w, 2, 1)
        const [, c] = scan((h: Tensor, x: Tensor) => [add(h, x), add(h, x)], zeros([2]), w)
        const first = cond(
          greater(ctx.placeholder('p', []), 0),
          () => mul(b, 2),
          () => exp(b),
        )
        const second = cond(
          greater(ctx.placeholder('p', []), 0),
          () => mul(c, 2),
          () => exp(c),
        )
        const [, third] = scan((h: Tensor, x: Tensor) => [h, add(mul(a, x), h)], zeros([3, 1]), w)
        return { first, second, third: sum(third), g: grad([sum(third).add(sum(first))], [w])[0] }
      })
      const { first, second, third, g } = await step({ p: 1 })
      expect([first, second].map((h) => h.array())).toEqual([
        [[4], [8], [12]],
        [
          [2, 4],
          [8, 12],
          [18, 24],
        ],
      ])
      // The sum of a_i x_j over all i, j and columns: 9 * 21.
      expect(third.item()).toBe(189)
      expect(g.array()).toEqual([
        [21 + 9, 9 + 2],
        [21 + 9, 9 + 2],
        [21 + 9, 9 + 2],
      ])
    },
  )

  it.each(Object.entries(native))(
    'does not look at the indices of a branch that is not taken, %s',
    async (_, runtime) => {
      const env = runtime.variables()
      env.name('w').set([5, 6])
      const step = env.compile((ctx) => {
        const i = ctx.placeholder('i', [], 'int32')
        const w = ctx.variable('w')
        return {
          y: cond(
            greater(2, i),
            () => take(w, i),
            () => zeros([]),
          ),
          train: assign(w, add(w, 1)),
        }
      })
      expect((await step({ i: 7 })).y.item()).toBe(0)
      expect((await step({ i: 1 })).y.item()).toBe(7)
      await expect(step({ i: -3 })).rejects.toMatchObject({ code: 'INDEX' })
      expect((await env.name('w').get()).array()).toEqual([7, 8])
    },
  )

  it.each(Object.entries(all))(
    'has gradients of the branch taken, whatever the other is, to second order, %s',
    async (_, runtime) => {
      await runtime.run(async (ctx) => {
        const x = ctx.placeholder('x', [3], 'float64')
        const y = cond(
          greater(sum(x), 0),
          (v) => mul(log(v), sqrt(v)),
          (v) => div(mul(v, mul(v, v)), 2),
          x,
        )
        const [g] = grad([sum(y)], [x])
        const [gg] = grad([sum(mul(g, g))], [x])
        for (const at of [
          [1, 4, 9],
          [-1, 0, -2],
        ]) {
          const [first, second] = await ctx.evaluator().push(g, gg).feed(x, at).run()
          const rule =
            at[0] > 0
              ? {
                  d: (v: number) => (Math.log(v) / 2 + 1) / Math.sqrt(v),
                  dd: (v: number) => -Math.log(v) / 4 / v ** 1.5,
                }
              : { d: (v: number) => 1.5 * v * v, dd: (v: number) => 3 * v }
          expect(Array.from(first.data)).toEqual(at.map((v) => expect.closeTo(rule.d(v), 10)))
          expect(Array.from(second.data)).toEqual(at.map((v) => expect.closeTo(2 * rule.d(v) * rule.dd(v), 10)))
        }
      })
    },
  )

  it('takes the gradient inside a branch in what is outside', async () => {
    for (const runtime of Object.values(all)) {
      const x = tensor([2, 3], { dtype: 'float64' })
      const z = exp(x)
      const y = cond(
        greater(sum(x), 0),
        () => grad([sum(mul(z, z))], [x])[0],
        () => zeros([2], { dtype: 'float64' }),
      )
      const [got] = await runtime.evaluate([y])
      expect(Array.from(got.data)).toEqual([2, 3].map((v) => expect.closeTo(2 * Math.exp(2 * v), 8)))
    }
  })

  it('draws in a branch what it would draw outside, afresh in each run', async () => {
    const env = rt.variables()
    const rng = createRng(3)
    const step = env.compile((ctx) => ({
      y: cond(
        greater(ctx.placeholder('p', []), 0),
        () => rng.uniform([4]),
        () => zeros([4]),
      ),
    }))
    const [a, b] = [await step({ p: 1 }), await step({ p: 1 })]
    expect(new Set([...a.y.data, ...b.y.data]).size).toBe(8)
  })

  it('is cut down to what is used', async () => {
    const env = rt.variables()
    const plan = await env
      .compile((ctx) => {
        const x = ctx.placeholder('x', [2])
        return {
          y: cond(
            greater(sum(x), 0),
            (v) => [exp(v), log(v)],
            (v) => [sub(v, 1), v],
            x,
          )[1],
        }
      })
      .plan({ x: [1, 2] })
    expect(conds(plan)[0].branches[0].plan.steps.map((s) => s.label)).toEqual(['log'])
    expect(plan.buffers[conds(plan)[0].branches[0].arena].size * 4).toBe(
      Math.max(...conds(plan)[0].branches.map((b) => b.plan.arenaBytes)),
    )
  })

  it('refuses what is no bool scalar, and branches that differ', () => {
    const x = zeros([2])
    const same = (v: Tensor): Tensor => v
    expect(() => cond(sum(x), same, same, x)).toThrow(expect.objectContaining({ code: 'DTYPE' }))
    expect(() => cond(greater(x, 0), same, same, x)).toThrow(expect.objectContaining({ code: 'SHAPE' }))
    expect(() =>
      cond(
        true,
        () => ({ a: x }),
        () => ({ b: x }),
      ),
    ).toThrow(expect.objectContaining({ code: 'SHAPE', message: expect.stringContaining('result.a') as string }))
    expect(() =>
      cond(
        true,
        () => [x, x],
        () => [x, zeros([3])],
      ),
    ).toThrow(
      expect.objectContaining({
        code: 'SHAPE',
        message: expect.stringContaining('result[1] of both branches must have one shape, got [2] and [3]') as string,
      }),
    )
    expect(() =>
      cond(
        true,
        () => x,
        () => greater(x, 0),
      ),
    ).toThrow(expect.objectContaining({ code: 'DTYPE' }))
  })
})
