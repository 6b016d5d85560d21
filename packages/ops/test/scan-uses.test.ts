import { describe, expect, it } from 'vitest'
import {
  add,
  apply,
  assign,
  defineOp,
  expandDims,
  grad,
  less,
  matmul,
  mul,
  noGrad,
  scope,
  slice,
  square,
  sum,
  take,
  tanh,
  tensor,
  where,
  zeros,
  type Tensor,
} from '@gradloom/core'
import { scan, sin } from '../src/index.ts'
import { runtimes, rt, scans, values } from './scan-support.ts'

describe('scan, in use', () => {
  it('compiles one plan for equal scans that are traced again', async () => {
    const before = rt.plansCompiled
    const run = (k: number): Promise<unknown> =>
      rt.evaluate([
        scan(
          (h: Tensor, x) => [add(mul(h, k), x), null],
          zeros([2]),
          tensor([
            [1, 2],
            [3, 4],
          ]),
        )[0],
      ])
    await run(3)
    await run(3)
    expect(rt.plansCompiled - before).toBe(1)
    expect(await run(4)).not.toEqual(await run(3))
    expect(rt.plansCompiled - before).toBe(2)
  })

  it('passes an index error on, and leaves variables alone', async () => {
    for (const runtime of Object.values(runtimes)) {
      const env = runtime.variables()
      env.name('w').set([1, 2])
      const step = env.compile((ctx) => {
        const w = ctx.variable('w')
        const [c] = scan((h: Tensor, i) => [add(h, take(w, i)), null], zeros([]), ctx.placeholder('i', [3], 'int32'))
        return { c, train: assign(w, mul(w, 2)) }
      })
      await expect(step({ i: Int32Array.of(0, 1, 2) })).rejects.toMatchObject({ code: 'INDEX' })
      expect((await env.name('w').get()).array()).toEqual([1, 2])
      expect((await step({ i: Int32Array.of(0, 1, 1) })).c.item()).toBe(5)
    }
  })

  it('is a constant to gradients under noGrad, whole or in part', async () => {
    const x = tensor([2, 3])
    const power = (v: Tensor): Tensor => scan((h: Tensor) => [mul(h, v), null], v, null, { length: 2 })[0]
    expect(
      await grad(
        [
          sum(
            mul(
              x,
              noGrad(() => power(x)),
            ),
          ),
        ],
        [x],
      )[0].array(),
    ).toEqual([8, 27])
    const [partly] = scan(
      (h: Tensor) => [
        mul(
          noGrad(() => mul(h, h)),
          x,
        ),
        null,
      ],
      x,
      null,
      { length: 1 },
    )
    expect(await grad([sum(partly)], [x])[0].array()).toEqual([4, 9])
    const [within] = scan(
      (h: Tensor) => [
        mul(
          h,
          noGrad(() => power(x)),
        ),
        null,
      ],
      x,
      null,
      { length: 1 },
    )
    expect(await grad([sum(within)], [x])[0].array()).toEqual([8, 27])
  })

  it('carries eager gradients to what it captures, and keeps its scope', async () => {
    const w = tensor([2, -1], { requiresGrad: true })
    const [c] = scope('net', () => scan((h: Tensor) => [mul(h, w), null], tensor([1, 1]), null, { length: 3 }))
    await sum(c).backward()
    expect(await w.grad!.array()).toEqual([12, 3])
    const plan = await rt
      .variables()
      .compile(() => ({ c }))
      .plan()
    expect(scans(plan).map((s) => s.scope)).toEqual(['net'])
  })

  it('serves as the decomposition of another op, with its gradient', async () => {
    const last = defineOp({
      name: 'test/last',
      infer: ([x]) => ({ shape: x.shape.slice(1), dtype: x.dtype }),
      decompose: ([x]) => scan((h: Tensor, v) => [mul(add(h, 1), v), null], zeros(x.shape.slice(1), x), x)[0],
    })
    for (const runtime of Object.values(runtimes)) {
      const x = tensor([[2], [3], [4]])
      const y = apply(last, [x])
      const results = await runtime.evaluate([y, ...grad([sum(y)], [x]), ...grad([sum(grad([sum(y)], [x])[0])], [x])])
      // y = ((2 + 1) 3 + 1) 4
      expect(results.map((t) => t.array())).toEqual([[40], [[12], [12], [10]], [[7], [7], [6]]])
    }
  })

  it('refuses carries that change, and lengths that differ', () => {
    const x = zeros([3, 2])
    expect(() => scan((c: Tensor) => [expandDims(c, 0), null], zeros([2]), x)).toThrow(
      expect.objectContaining({
        code: 'SHAPE',
        message: expect.stringContaining(
          'carry before and after an iteration must have one shape, got [2] and [1, 2]',
        ) as string,
      }),
    )
    expect(() => scan((c: { h: Tensor }) => [{ h: less(c.h, 0) }, null], { h: zeros([2]) }, x)).toThrow(
      expect.objectContaining({ code: 'DTYPE', message: expect.stringContaining('carry.h') as string }),
    )
    expect(() => scan((c: { h: Tensor }) => [c.h, null], { h: zeros([2]) }, x)).toThrow(
      expect.objectContaining({ code: 'SHAPE', message: expect.stringContaining('structure') as string }),
    )
    expect(() => scan((c: Tensor) => [c, null], zeros([2]), [x, zeros([4])])).toThrow(
      expect.objectContaining({ code: 'SHAPE', message: expect.stringContaining('[3, 2] and [4]') as string }),
    )
    expect(() => scan((c: Tensor) => c as never, zeros([2]), x)).toThrow(
      expect.objectContaining({ code: 'SHAPE', message: expect.stringContaining('pair') as string }),
    )
    expect(() => scan((c: Tensor) => [c, null], zeros([2]), x, { length: 4 })).toThrow(
      expect.objectContaining({ code: 'SHAPE' }),
    )
    expect(() => scan((c: Tensor) => [c, null], zeros([2]), null)).toThrow(expect.objectContaining({ code: 'SHAPE' }))
  })

  it('has the gradients of unrolled code, to second order', async () => {
    const x = values([4, 2, 3])
    const w = values([3, 3], 1)
    const h = values([2, 3], 2)
    const cell = (c: Tensor, v: Tensor, m: Tensor): Tensor => where(less(c, 0.4), tanh(add(matmul(c, m), v)), mul(c, v))
    const looped =
      (reverse: boolean) =>
      (a: Tensor, m: Tensor, s: Tensor): Tensor => {
        const [c, ys] = scan((state: Tensor, v) => [cell(state, v, m), square(state)], s, a, { reverse })
        return add(sum(mul(c, c)), sum(mul(ys, ys)))
      }
    const unrolled =
      (reverse: boolean) =>
      (a: Tensor, m: Tensor, s: Tensor): Tensor => {
        let total: Tensor | undefined
        for (const t of reverse ? [3, 2, 1, 0] : [0, 1, 2, 3]) {
          const y = sum(square(square(s)))
          total = total ? add(total, y) : y
          s = cell(s, slice(a, [t]), m)
        }
        return add(sum(mul(s, s)), total!)
      }
    const all = (f: (a: Tensor, m: Tensor, s: Tensor) => Tensor): Tensor[] => {
      const y = f(x, w, h)
      const g = grad([y], [x, w, h])
      return [y, ...g, ...grad([g.map((t) => sum(sin(t))).reduce((a, b) => add(a, b))], [x, w, h])]
    }
    for (const runtime of Object.values(runtimes)) {
      for (const reverse of [false, true]) {
        const [got, want] = await Promise.all([
          runtime.evaluate(all(looped(reverse))),
          runtime.evaluate(all(unrolled(reverse))),
        ])
        got.forEach((t, i) => {
          expect(Array.from(t.data)).toEqual(Array.from(want[i].data, (v) => expect.closeTo(v, 9) as number))
        })
      }
    }
  })
})
