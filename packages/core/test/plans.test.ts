import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { afterAll, describe, expect, it } from 'vitest'
import {
  assign,
  broadcastTo,
  checkIndices,
  createRuntime,
  exp,
  grad,
  hostArray,
  matmul,
  mul,
  slice,
  sum,
  tanh,
  transpose,
  updates,
  type Plan,
  type Tensor,
} from '../src/index.ts'
import { cos, cumsum } from '@gradloom/ops'

const rt = createRuntime({ backends: [cpu()] })
afterAll(() => rt.close())

/** The plan and results of gradients of `f` at sums over its results. */
async function compiled(
  f: (...x: Tensor[]) => Tensor,
  inputs: Record<string, number[][] | number[][][]>,
): Promise<{ plan: Plan; out: Record<string, unknown> }> {
  const names = Object.keys(inputs)
  const env = rt.variables()
  const shape = (v: unknown): number[] => (Array.isArray(v) ? [v.length, ...shape(v[0])] : [])
  const step = env.compile((ctx) => {
    const xs = names.map((n) => ctx.placeholder(n, shape(inputs[n]), 'float64'))
    const y = f(...xs)
    return { y, ...Object.fromEntries(grad([sum(mul(y, y))], xs).map((g, i) => [`d${names[i]}`, g])) }
  })
  const out = await step(inputs)
  return { plan: await step.plan(inputs), out: Object.fromEntries(Object.entries(out).map(([k, v]) => [k, v.array()])) }
}
const matrix = (m: number, n: number, seed: number): number[][] =>
  Array.from({ length: m }, (_, i) => Array.from({ length: n }, (__, j) => Math.sin(seed + 3 * i + 7 * j)))
const product = (a: number[][], b: number[][]): number[][] =>
  a.map((r) => b[0].map((_, j) => r.reduce((s, v, k) => s + v * b[k][j], 0)))
const close = (want: number[][]): unknown => want.map((r) => r.map((v) => expect.closeTo(v, 10)))

describe('plans', () => {
  it('compute once what differs in nothing but whom errors speak for', async () => {
    const step = rt.variables().compile((ctx) => {
      const indices = ctx.placeholder('indices', [2], 'int32')
      const by = (owner: string, size: number): Tensor => checkIndices(indices, size, { owner })
      return { loss: by('loss', 3), accuracy: by('accuracy', 3), other: by('loss', 4) }
    })
    const { steps } = await step.plan({ indices: [1, 2] })
    expect(steps.map((s) => s.type === 'kernel' && s.attrs)).toEqual([
      { size: 3, ignoreIndex: null, owner: 'loss' },
      { size: 4, ignoreIndex: null, owner: 'loss' },
    ])
  })

  it('multiply batches by one matrix as rows, forward and backward', async () => {
    const x = [matrix(3, 4, 1), matrix(3, 4, 2)]
    const w = matrix(4, 5, 3)
    const { plan, out } = await compiled((a, b) => matmul(a, b), { x, w })
    expect(plan.steps.filter((s) => s.type === 'contraction').map((s) => [s.batch.length, s.m, s.n, s.k])).toEqual([
      [0, 6, 5, 4],
      [0, 6, 4, 5],
      [0, 4, 5, 6],
    ])
    const rows = x.flat()
    const y = product(rows, w)
    const transposed = rows[0].map((_, i) => rows.map((r) => r[i]))
    expect(out.dw).toEqual(
      close(
        product(
          transposed,
          y.map((r) => r.map((v) => 2 * v)),
        ),
      ),
    )
  })

  it('copy small batches that are out of order, to multiply them as rows; large ones are read where they lie', async () => {
    const products = async (m: number): Promise<unknown> => {
      const x = Array.from({ length: m }, (_, i) => matrix(3, 4, i))
      const w = matrix(4, 5, 3)
      const { step, feeds } = transposed(x, w)
      const { y } = await step(feeds)
      const plan = await step.plan(feeds)
      expect(y.array()).toEqual(
        [0, 1, 2].map((j) =>
          close(
            product(
              x.map((r) => r[j]),
              w,
            ),
          ),
        ),
      )
      return plan.steps.map((s) => (s.type === 'contraction' ? [s.batch, s.m] : s.label))
    }
    const transposed = (x: number[][][], w: number[][]) => {
      const step = rt.variables().compile((ctx) => ({
        y: matmul(
          transpose(ctx.placeholder('x', [x.length, 3, 4], 'float64'), [1, 0, 2]),
          ctx.placeholder('w', [4, 5], 'float64'),
        ),
      }))
      return { step, feeds: { x, w } }
    }
    expect(await products(2)).toEqual(['transpose', [[], 6]])
    expect(await products(7)).toEqual([[[3], 7]])
  })

  it('assemble the gradients of pieces without adding zeros', async () => {
    const x = matrix(4, 6, 5)
    const { plan, out } = await compiled(
      (a) =>
        exp(slice(a, [null, [0, 2]]))
          .add(slice(a, [null, [2, 4]]))
          .mul(slice(a, [null, [4, 6]])),
      { x },
    )
    expect(plan.steps.filter((s) => s.label === 'place')).toHaveLength(3)
    const want = x.map((r) => {
      const y = [0, 1].map((j) => (Math.exp(r[j]) + r[j + 2]) * r[j + 4])
      const g = y.map((v) => 2 * v)
      return [
        ...g.map((v, j) => v * r[j + 4] * Math.exp(r[j])),
        ...g.map((v, j) => v * r[j + 4]),
        ...g.map((v, j) => v * (Math.exp(r[j]) + r[j + 2])),
      ]
    })
    expect(out.dx).toEqual(close(want))
  })

  it('add where pieces overlap', async () => {
    const x = matrix(3, 5, 7)
    const { out } = await compiled((a) => slice(a, [null, [0, 3]]).add(slice(a, [null, [2, 5]])), { x })
    const want = x.map((r) => {
      const g = [0, 1, 2].map((j) => 2 * (r[j] + r[j + 2]))
      return [g[0], g[1], g[2] + g[0], g[1], g[2]]
    })
    expect(out.dx).toEqual(close(want))
  })

  it('update in place though a later kernel can fail, except what that kernel waits for', async () => {
    const env = rt.variables()
    for (const n of ['a', 'b', 'c']) env.name(n).set([1, 2, 3, 4])
    const step = env.compile((ctx) => {
      const [a, b, c] = ctx.variables()
      return { train: updates(assign(a, a.add(1)), assign(b, exp(cumsum(b))), assign(c, c.mul(2))) }
    })
    await step()
    const plan = await step.plan()
    expect(plan.steps.filter((s) => s.label === 'copy')).toHaveLength(0)
    expect((await env.name('c').get()).array()).toEqual([2, 4, 6, 8])
  })
})

describe('groups', () => {
  it('do not merge where they reduce different axes', async () => {
    const f = (x: Tensor): Tensor[] => {
      const t2 = tanh(mul(x, x))
      const t3 = broadcastTo(t2, [1, 3])
      const t4 = cos(t2)
      const y = sum(t3)
        .add(sum(t4))
        .add(sum(t4))
        .add(sum(t2))
        .add(sum(t3, { axis: 0 }).mul(t4).sum())
      return [y, ...grad([y], [x])]
    }
    const other = createRuntime({ backends: [reference()] })
    const x = [0.3, -1.2, 0.7]
    const results = await Promise.all(
      [rt, other].map((r) =>
        r.run(async (ctx) => {
          const p = ctx.placeholder('x', [3], 'float64')
          return (
            await ctx
              .evaluator()
              .push(...f(p))
              .feed(p, x)
              .run()
          ).map((h) => [...h.data])
        }),
      ),
    )
    await other.close()
    results[0].forEach((v, i) => v.forEach((e, j) => expect(e).toBeCloseTo(results[1][i][j], 12)))
  })

  it('compute slow values of a row once, and keep them where the row goes, unless what is there is needed still', async () => {
    const x = matrix(3, 5, 4)
    const env = rt.variables()
    env.name('x').set(hostArray(Float64Array.from(x.flat()), [3, 5]))
    const share = (t: Tensor): Tensor => {
      const e = exp(t)
      return e.div(sum(e, { axis: 1, keepDims: true }))
    }
    const alone = env.compile((ctx) => ({ train: assign(ctx.variable('x'), share(ctx.variable('x'))) }))
    const [kernel] = (await alone.plan()).steps
    expect(
      kernel.type === 'loop' && kernel.phases.map((p) => [p.code.filter((c) => c.op === 'exp').length, p.write.length]),
    ).toEqual([
      [1, 1],
      [0, 1],
    ])
    const both = env.compile((ctx) => {
      const t = ctx.variable('x')
      return { train: assign(t, share(t).add(t)) }
    })
    const want = (rows: number[][], more: boolean): number[][] =>
      rows.map((r) => r.map((v) => Math.exp(v) / r.reduce((s, u) => s + Math.exp(u), 0) + (more ? v : 0)))
    await alone()
    expect((await env.name('x').get()).array()).toEqual(close(want(x, false)))
    await both()
    expect((await env.name('x').get()).array()).toEqual(close(want(want(x, false), true)))
  })
})
