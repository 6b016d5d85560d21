import { isDeepStrictEqual } from 'node:util'
import { cpu } from '@gradloom/backend-cpu'
import {
  add,
  createRuntime,
  exp,
  flip,
  grad,
  matmul,
  sum,
  tanh,
  transpose,
  zeros,
  type Plan,
  type Tensor,
} from '@gradloom/core'
import { conv2d, scaledDotProductAttention } from '@gradloom/nn'
import { cond, scan, sort } from '@gradloom/ops'
import { marked } from '@gradloom/core/extend'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { explain, flopsOf } from '../src/index.ts'
import { fusing, moves, planOf, randomProgram, sizes, smallStep } from './programs.ts'

test('a small training step in words', async () => {
  const rt = createRuntime({ backends: [fusing()] })
  const plan = await smallStep(rt).plan({ x: [[1, 2, 3]] })
  await rt.close()
  expect(String(explain(plan))).toMatchInlineSnapshot(`
    "4 steps, 51 FLOP, arena 192 B, inputs 36 B

    part      steps  FLOP  bytes
    forward       1    12   44 B
    backward      2    27   64 B
    update        1    12   72 B

    scope  steps  FLOP  bytes
    layer      3    39  108 B
    -          1    12   72 B

    step  part      scope  FLOP  bytes  ops
       0  forward   layer    12   44 B  matmul
          a product is a kernel of its own
       1  backward  layer    15   20 B  tanh + mul + sum + div + mul
          5 ops in one kernel; what it reads last comes from a kernel that is no loop
       2  backward  layer    12   44 B  matmul
          a product is a kernel of its own
       3  update    -        12   72 B  sub -> layer/weight
          what it reads last comes from a kernel that is no loop"
  `)
})

test('a fused one names what each kernel does', async () => {
  const plan = await planOf(
    (ctx) => {
      const x = ctx.placeholder('x', [64, 32])
      const y = tanh(x)
      return { y, total: sum(y, { axis: 1 }), other: sum(y, { axis: 0 }) }
    },
    { x: new Float32Array(64 * 32) },
  )
  const { steps, parts } = explain(plan)
  expect(steps.map(({ ops, apart }) => [ops.join(' '), apart])).toMatchInlineSnapshot(`
    [
      [
        "tanh sum",
        "it reads nothing that is computed here",
      ],
      [
        "sum",
        "reduces over other axes than the loop that it reads",
      ],
    ]
  `)
  expect(parts.map((p) => p.name)).toEqual(['forward'])
})

/** The words for why the last step of a program is apart. */
const lastApart = async (body: (x: Tensor) => Tensor, shape: number[]): Promise<string> => {
  const feeds = { x: new Float32Array(shape.reduce((a, b) => a * b, 1)) }
  return explain(await planOf((ctx) => ({ y: body(ctx.placeholder('x', shape)) }), feeds)).steps.at(-1)!.apart
}

test.each<readonly [string, (x: Tensor) => Tensor, RegExp]>([
  ['another space', (x) => tanh(tanh(sum(x, { axis: 1 })).add(x.reshape([16, 512]).sum({ axis: 1 }).sum())), /indices/],
  ['other axes', (x) => sum(exp(tanh(x)).add(sum(tanh(x), { axis: 1, keepDims: true })), { axis: 0 }), /axes/],
  ['other elements', (x) => exp(tanh(x)).mul(flip(exp(tanh(x)), 0)), /element/],
  ['after a product', (x) => tanh(matmul(x, transpose(x))), /no loop/],
  ['from inputs', (x) => tanh(x), /nothing that is computed/],
  ['a product', (x) => matmul(tanh(x), transpose(tanh(x))), /product/],
  ['a kernel', (x) => sort(tanh(x)), /kernel of its own/],
])('%s is a reason', async (_, body, reason) => {
  expect(await lastApart(body, [128, 64])).toMatch(reason)
})

const flopsOfPlan = ({ steps }: Plan): (number | null)[] => steps.map(flopsOf)
const one = async (body: (x: Tensor) => Tensor, shape: number[]): Promise<(number | null)[]> =>
  flopsOfPlan(
    await planOf((ctx) => ({ y: body(ctx.placeholder('x', shape)) }), {
      x: new Float32Array(shape.reduce((a, b) => a * b, 1)),
    }),
  )

test('operations are counted as formulas have them', async () => {
  expect(await one((x) => matmul(x, transpose(x)), [3, 5])).toEqual([2 * 3 * 3 * 5])
  expect(await one((x) => add(tanh(x), 1), [3, 5])).toEqual([2 * 15])
  expect(await one((x) => sum(exp(x), { axis: 1 }), [32, 5])).toEqual([2 * 160])
  expect(await one((x) => sort(x), [3, 5])).toEqual([null])
})

test('those of convolution and attention are those of their products', async () => {
  const rt = createRuntime({ backends: [cpu({ threads: 1 })] })
  const env = rt.variables()
  const step = env.compile((ctx) => {
    const x = ctx.placeholder('x', [2, 6, 8, 8])
    const q = ctx.placeholder('q', [2, 3, 7, 4])
    return {
      y: conv2d(x, ctx.placeholder('w', [4, 3, 3, 3]), { groups: 2 }),
      z: scaledDotProductAttention(q, q, q),
    }
  })
  const feeds = { x: new Float32Array(2 * 6 * 64), w: new Float32Array(4 * 27), q: new Float32Array(2 * 3 * 28) }
  const kernels = (await step.plan(feeds)).steps.filter((s) => s.type === 'kernel')
  await rt.close()
  // Each of [2, 4, 6, 6] outputs is a sum of 27 products.
  expect(kernels.map((k) => [k.name, flopsOf(k)])).toEqual([
    ['convolution', 2 * 2 * 4 * 36 * 27],
    ['attention', 2 * 6 * 7 * 7 * 8],
  ])
})

test('plans within steps are explained, and count as often as they run', async () => {
  const plan = await planOf(
    (ctx) => {
      const x = ctx.placeholder('x', [5, 3])
      const [last] = scan((c: Tensor, row: Tensor) => [add(c, row), row], zeros([3]), x)
      return { y: last }
    },
    { x: new Float32Array(15) },
  )
  const { steps } = explain(plan)
  const loop = steps.find((s) => s.type === 'scan')
  expect(loop?.inner).toHaveLength(1)
  expect(loop?.flops).toBe(5 * loop!.inner[0].flops)
})

test('JSON and clones have all of it, the text apart', async () => {
  await fc.assert(
    fc.asyncProperty(moves, sizes, async (list, n) => {
      const explanation = explain(await randomProgram(list, n))
      expect(JSON.parse(JSON.stringify(explanation))).toEqual({ ...explanation })
      expect(isDeepStrictEqual(structuredClone({ ...explanation }), JSON.parse(JSON.stringify(explanation)))).toBe(true)
    }),
    { numRuns: 20 },
  )
})

test('parts, scopes and steps have the same totals, and edges end where they are said to', async () => {
  await fc.assert(
    fc.asyncProperty(moves, sizes, async (list, n) => {
      const plan = await randomProgram(list, n)
      const { steps, parts, scopes, flops, edges, inputs, outputs } = explain(plan)
      const bytes = steps.reduce((sum, s) => sum + s.readBytes + s.writtenBytes, 0)
      for (const totals of [parts, scopes]) {
        expect(totals.reduce((sum, t) => sum + t.steps, 0)).toBe(plan.steps.length)
        expect(totals.reduce((sum, t) => sum + t.flops, 0)).toBe(flops)
        expect(totals.reduce((sum, t) => sum + t.bytes, 0)).toBe(bytes)
      }
      const ends = new Set([
        ...inputs.map((_, i) => `i${i}`),
        ...steps.map((_, i) => `s${i}`),
        ...outputs.map((_, i) => `o${i}`),
      ])
      for (const { from, to } of edges) {
        expect([ends.has(from), ends.has(to)]).toEqual([true, true])
        if (from.startsWith('s') && to.startsWith('s')) expect(Number(from.slice(1))).toBeLessThan(Number(to.slice(1)))
      }
      // Every step is on a way to a result.
      for (const s of steps) expect(edges.some((e) => e.from === `s${s.step}`)).toBe(true)
    }),
    { numRuns: 30 },
  )
})

test('what is computed again for the backward pass is a part of its own', async () => {
  const plan = await planOf(
    (ctx) => {
      const x = ctx.placeholder('x', [64, 32])
      const w = ctx.placeholder('w', [32, 32])
      const block = (y: Tensor): Tensor =>
        marked({ policy: () => 'mustRecompute' }, () => tanh(matmul(tanh(matmul(y, w)), w)))
      const loss = sum(block(block(x)))
      return { loss, g: grad([loss], [w])[0] }
    },
    { x: new Float32Array(64 * 32), w: new Float32Array(32 * 32) },
  )
  const { steps, parts } = explain(plan)
  expect(parts.map((p) => p.name)).toEqual(expect.arrayContaining(['forward', 'recompute', 'backward']))
  const again = steps.filter((s) => s.part === 'recompute')
  expect(again.some((s) => s.type === 'contraction')).toBe(true)
  for (const s of again) expect(s.apart).toMatch(/product|again|kernel|loop/)
})

test('a branch that is taken counts as the one that takes more', async () => {
  const plan = await planOf(
    (ctx) => {
      const x = ctx.placeholder('x', [4])
      const b = ctx.placeholder('b', [], 'bool')
      return {
        y: cond(
          b,
          (t) => tanh(tanh(t)),
          (t) => tanh(t),
          x,
        ),
      }
    },
    { x: new Float32Array(4), b: true },
  )
  const step = explain(plan).steps.find((s) => s.type === 'cond')!
  expect(step.inner).toHaveLength(2)
  expect(step.flops).toBe(Math.max(...step.inner.map((i) => i.flops)))
})

test('numbers that round to the next unit are written in it', () => {
  const memory = (arenaBytes: number): string =>
    /arena ([^,]*)/.exec(String(explain({ steps: [], buffers: [], inputs: [], outputs: [], arenaBytes } as never)))![1]
  expect([999, 1000, 9994, 999_499, 999_500, 999_999, 1e6, 1e15 - 1].map(memory)).toEqual([
    '999 B',
    '1 kB',
    '9.99 kB',
    '999 kB',
    '1.00 MB',
    '1.00 MB',
    '1 MB',
    '1.00 PB',
  ])
})
