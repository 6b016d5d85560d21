import { describe, expect, it } from 'vitest'
import { add, assign, grad, matmul, mul, square, sum, tanh, tensor, zeros, type Tensor } from '@gradloom/core'
import { createRng, scan, sin } from '../src/index.ts'
import { runtimes, rt, scans } from './scan-support.ts'

describe('scan', () => {
  it('has a plan whose size does not depend on the length', async () => {
    const sizes: number[][] = []
    for (const n of [10, 10_000]) {
      const env = rt.variables()
      env.name('w').set(0.5)
      const step = env.compile((ctx) => {
        const w = ctx.variable('w')
        const [c, ys] = scan(
          (h: Tensor, x) => [tanh(add(mul(h, w), x)), mul(h, h)],
          zeros([2]),
          ctx.placeholder('x', [-1, 2]),
        )
        return { loss: add(sum(c), sum(ys)), train: assign(w, grad([add(sum(c), sum(ys))], [w])[0]) }
      })
      const plan = await step.plan({ x: new Float32Array(2 * n) })
      sizes.push([plan.steps.length, ...scans(plan).map((s) => s.plan.steps.length)])
    }
    expect(sizes[0]).toHaveLength(3)
    expect(sizes[1]).toEqual(sizes[0])
  })

  it('is told apart by what its body does, under any name', async () => {
    const last = async (body: (h: Tensor, x: Tensor) => Tensor): Promise<number> => {
      const [c] = scan((h: Tensor, x) => [body(h, x), null], zeros([]), tensor([0.5, 0.25]))
      return (await rt.evaluate([c]))[0].item()
    }
    expect(await last((h, x) => sin(add(h, x)))).toBeCloseTo(Math.sin(Math.sin(0.5) + 0.25), 6)
    expect(await last((h, x) => tanh(add(h, x)))).toBeCloseTo(Math.tanh(Math.tanh(0.5) + 0.25), 6)
    expect(await last((h, x) => tanh(mul(h, x)))).toBe(0)
  })

  it('keeps two slots of a carry, or all where a gradient reads them; its arena is part of the plan', async () => {
    const plans = await Promise.all(
      [false, true].map((trained) => {
        const env = rt.variables()
        env.name('w').set([
          [0.1, 0.2],
          [0.3, 0.4],
        ])
        return env
          .compile((ctx) => {
            const w = ctx.variable('w')
            const [c] = scan(
              (h: Tensor, x) => [tanh(add(matmul(h, w), x)), null],
              zeros([3, 2]),
              ctx.placeholder('x', [50, 3, 2]),
            )
            return { c, ...(trained ? { g: grad([sum(c)], [w])[0] } : {}) }
          })
          .plan({ x: new Float32Array(300) })
      }),
    )
    const [forward] = scans(plans[0])
    const [kept, backward] = scans(plans[1])
    const carries = (s: typeof forward): number[] =>
      s.places.flatMap((p, i) => (s.plan.inputs[i].written ? [p.count] : []))
    expect(carries(forward)).toEqual([2])
    expect(carries(kept)).toEqual([51])
    expect(backward.reverse).toBe(true)
    expect(plans[0].buffers[forward.arena].size * 4).toBe(forward.plan.arenaBytes)
    // The gradient of w is one product over all iterations.
    expect(plans[1].steps.filter((s) => s.type === 'contraction').map((s) => [s.m, s.k, s.n])).toEqual([[2, 150, 2]])
  })

  it('computes once what depends on no iteration', async () => {
    const env = rt.variables()
    env.name('w').set([0.5, 1])
    const plan = await env
      .compile((ctx) => ({
        c: scan((h: Tensor) => [add(h, sin(ctx.variable('w'))), null], zeros([2]), null, { length: 9 })[0],
      }))
      .plan()
    expect(scans(plan)[0].plan.steps.map((s) => s.label)).toEqual(['add'])
  })

  it('computes neither carries nor values that nothing uses', async () => {
    const env = rt.variables()
    const plan = await env
      .compile((ctx) => {
        const [[a], [, y]] = scan(
          ([p, q]: readonly Tensor[], x) => [
            [add(p, x), sin(q)],
            [square(x), add(p, 1)],
          ],
          [zeros([2]), zeros([2])],
          ctx.placeholder('x', [4, 2]),
        )
        return { a, y }
      })
      .plan({ x: new Float32Array(8) })
    expect(
      scans(plan)[0]
        .plan.steps.flatMap((s) => s.label.split('+'))
        .sort(),
    ).toEqual(['add', 'add'])
  })

  it.each(Object.entries(runtimes))(
    'draws afresh in each iteration and run, and the same in the backward pass, %s',
    async (_, runtime) => {
      const env = runtime.variables()
      const rng = createRng(5)
      env.name('w').set([1, 1, 1])
      const step = env.compile((ctx) => {
        const w = ctx.variable('w')
        const outside = rng.uniform([3])
        const [c, ys] = scan(
          (h: Tensor) => {
            const noise = rng.uniform([3])
            return [add(h, mul(w, noise)), [noise, outside]]
          },
          zeros([3]),
          null,
          { length: 4 },
        )
        return { noise: ys[0], outside: ys[1], g: grad([sum(c)], [w])[0] }
      })
      const first = await step()
      const second = await step()
      const drawn = [...first.noise.data, ...second.noise.data]
      expect(new Set(drawn).size).toBe(24)
      expect(new Set(first.outside.data).size).toBe(3)
      const want = [0, 1, 2].map((i) => [0, 1, 2, 3].reduce((s, t) => s + first.noise.data[3 * t + i], 0))
      expect(Array.from(first.g.data)).toEqual(want.map((v) => expect.closeTo(v, 6)))
    },
  )

  it('draws the same numbers on every backend, also in a scan in a scan', async () => {
    const results = await Promise.all(
      Object.values(runtimes).map(async (runtime) => {
        const rng = createRng(9)
        const [, ys] = scan(
          (c: Tensor) => [c, scan((d: Tensor) => [d, rng.uniform([2])], zeros([]), null, { length: 3 })[1]],
          zeros([]),
          null,
          { length: 2 },
        )
        return Array.from((await runtime.evaluate([ys]))[0].data)
      }),
    )
    expect(new Set(results[0]).size).toBe(12)
    for (const r of results) expect(r).toEqual(results[0])
  })

  it('reads a variable that the same step updates before the update', async () => {
    for (const runtime of Object.values(runtimes)) {
      const env = runtime.variables()
      env.name('w').set(2)
      const step = env.compile((ctx) => {
        const w = ctx.variable('w')
        const [c] = scan((h: Tensor) => [mul(h, w), null], w, null, { length: 2 })
        return { c, train: assign(w, c) }
      })
      expect((await step()).c.item()).toBe(8)
      expect((await step()).c.item()).toBe(512)
      expect((await env.name('w').get()).item()).toBe(512)
    }
  })

  it('hands a state from run to run: truncated backpropagation through time', async () => {
    const env = rt.variables()
    env.name('state').set([0, 0])
    env.name('w').set([0.5, -0.25])
    const step = env.compile((ctx) => {
      const h0 = ctx.variable('state')
      const w = ctx.variable('w')
      const [h] = scan((h: Tensor, x) => [add(mul(h, w), x), null], h0, ctx.placeholder('x', [3, 2]))
      return { g: grad([sum(h)], [w])[0], keep: assign(h0, h) }
    })
    const x = [
      [1, 2],
      [3, 4],
      [5, 6],
    ]
    await step({ x })
    const { g } = await step({ x })
    const want = [0, 1].map((i) => {
      const w = [0.5, -0.25][i]
      let h = x.reduce((s, v) => s * w + v[i], 0)
      let d = 0
      for (const v of x) {
        d = d * w + h
        h = h * w + v[i]
      }
      return d
    })
    expect(Array.from(g.data)).toEqual(want.map((v) => expect.closeTo(v, 4)))
  })

  it('takes lengths that are known only from feeds, and none', async () => {
    await rt.run(async (ctx) => {
      const p = ctx.placeholder('x', [-1, -1])
      const [c, ys] = scan((h: Tensor, x) => [add(h, sum(x)), h], zeros([]), p)
      const [g] = grad([add(c, sum(ys))], [p])
      for (const [rows, total, gradient] of [
        [
          [
            [1, 2],
            [3, 4],
          ],
          10,
          [
            [2, 2],
            [1, 1],
          ],
        ],
        [[[5]], 5, [[1]]],
      ] as const) {
        const [a, , b] = await ctx
          .evaluator()
          .push(c, ys, g)
          .feed(p, rows as never)
          .run()
        expect([a.item(), b.array()]).toEqual([total, gradient])
      }
      expect(await scan((h: Tensor) => [h, h], tensor([7, 8]), null, { length: 0 })[0].array()).toEqual([7, 8])
      for (const length of [-1, 0.5, NaN])
        expect(() => scan((h: Tensor) => [h, h], tensor([7]), null, { length })).toThrow(`length ${length}`)
    })
  })
})
