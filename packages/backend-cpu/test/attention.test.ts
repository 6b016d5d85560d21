import { afterAll, expect, test } from 'vitest'
import fc from 'fast-check'
import { reference } from '@gradloom/conformance'
import {
  createRuntime,
  grad,
  hostArray,
  mul,
  sizeOf,
  sum,
  tensor,
  type DType,
  type HostArray,
  type Tensor,
} from '@gradloom/core'
import { scaledDotProductAttention } from '@gradloom/nn'
import { cpu } from '../src/index.ts'

const runtimes = [createRuntime({ backends: [reference()] }), createRuntime({ backends: [cpu()] })]
afterAll(() => Promise.all(runtimes.map((r) => r.close())))

const wave = (shape: readonly number[], seed: number): Float64Array =>
  Float64Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * (seed + 1)))
const noise = (shape: readonly number[], dtype: DType, seed: number): Tensor =>
  tensor(hostArray(dtype === 'float64' ? wave(shape, seed) : Float32Array.from(wave(shape, seed)), shape))

interface Case {
  readonly dtype: DType
  /** Leading axes of q, k, v and the mask. */
  readonly leads: readonly (readonly number[])[]
  readonly queries: number
  readonly keys: number
  readonly features: number
  readonly valueFeatures: number
  readonly causal: boolean
  readonly mask: 'bool' | 'numbers' | null
  readonly maskIs: readonly [row: boolean, column: boolean]
  readonly scale: number | undefined
}

const both = async (wanted: readonly Tensor[]): Promise<HostArray[][]> =>
  Promise.all(
    runtimes.map((r) =>
      r.run((ctx) =>
        ctx
          .evaluator()
          .push(...wanted)
          .run(),
      ),
    ),
  )

/** The kernels against the decomposition, which is all that the reference has. */
async function check(c: Case, order: 1 | 2): Promise<void> {
  const shapes = [
    [c.queries, c.features],
    [c.keys, c.features],
    [c.keys, c.valueFeatures],
  ].map((s, i) => [...c.leads[i], ...s])
  const inputs = shapes.map((s, i) => noise(s, c.dtype, i))
  const maskShape = [...c.leads[3], c.maskIs[0] ? c.queries : 1, c.maskIs[1] ? c.keys : 1]
  // The first key stays in sight of all.
  const bits = tensor(
    hostArray(
      Uint8Array.from(wave(maskShape, 5), (v, i) => Number(v > -0.3 || i % maskShape.at(-1)! === 0)),
      maskShape,
      'bool',
    ),
  )
  const mask = c.mask === 'bool' ? bits : c.mask ? noise(maskShape, c.dtype, 3) : undefined
  const learned = c.mask === 'numbers' ? [...inputs, mask!] : inputs
  const y = scaledDotProductAttention(inputs[0], inputs[1], inputs[2], {
    causal: c.causal,
    ...(mask ? { mask } : {}),
    ...(c.scale === undefined ? {} : { scale: c.scale }),
  })
  const first = grad([sum(mul(y, noise(y.shape, c.dtype, 7)))], learned)
  const second =
    order === 1
      ? []
      : grad([first.map((g, i) => sum(mul(g, noise(g.shape, c.dtype, 11 + i)))).reduce((a, b) => a.add(b))], learned)
  const [want, got] = await both([y, ...first, ...second])
  got.forEach((g, k) => {
    const scale = Math.max(1, ...(want[k].data as Float64Array).map(Math.abs))
    const bound = (c.dtype === 'float64' ? 1e-12 : 1e-5) * scale
    expect(
      [...g.data].findIndex((v, i) => !(Math.abs(Number(v) - Number(want[k].data[i])) <= bound)),
      `result ${k} of ${JSON.stringify(c)}`,
    ).toBe(-1)
  })
}

const few = fc.constantFrom(1, 2, 5, 7)
const tokens = fc.constantFrom(1, 2, 3, 8, 13, 33)
const leads = fc.constantFrom(
  [[2, 3], [2, 3], [2, 3], []],
  [[], [], [], []],
  [[3], [3], [3], [3]],
  [[2, 3], [1, 3], [3], [2, 1]],
  [[1], [2], [2], [1]],
  [[2, 1], [3], [1, 3], [3]],
)
const cases = fc.record<Case>({
  dtype: fc.constantFrom<DType>('float64', 'float32'),
  leads,
  queries: tokens,
  keys: tokens,
  features: few,
  valueFeatures: few,
  causal: fc.boolean(),
  mask: fc.constantFrom('bool', 'numbers', null),
  maskIs: fc.tuple(fc.boolean(), fc.boolean()),
  scale: fc.constantFrom(undefined, 0.7),
})

test(
  'attention and its gradients agree with their decomposition, whatever is broadcast or masked',
  () =>
    fc.assert(
      fc.asyncProperty(cases, (c) => check(c, 1)),
      { numRuns: 60 },
    ),
  60_000,
)
test(
  'so do gradients of gradients',
  () =>
    fc.assert(
      fc.asyncProperty(
        cases.filter((c) => c.queries * c.keys < 100),
        (c) => check(c, 2),
      ),
      { numRuns: 20 },
    ),
  60_000,
)

const plain = { leads: [[2], [2], [2], []], causal: true, mask: null, maskIs: [true, true], scale: undefined } as const
test.each(['float32', 'float64'] as const)('blocks of queries meet in %s', async (dtype) => {
  await check({ ...plain, dtype, queries: 70, keys: 70, features: 6, valueFeatures: 9 }, 1)
  await check(
    { ...plain, dtype, queries: 65, keys: 130, features: 8, valueFeatures: 8, causal: false, mask: 'bool' },
    1,
  )
})

test('a query that may look nowhere gets NaN, and its neighbours do not', async () => {
  const [q, k, v] = [3, 4, 5].map((seed) => noise([2, 2], 'float32', seed))
  const [want, got] = await both([
    scaledDotProductAttention(q, k, v, {
      mask: tensor([
        [false, false],
        [true, false],
      ]),
    }),
  ])
  expect(got[0].array()).toEqual(want[0].array())
  expect([...got[0].data].map(Number.isNaN)).toEqual([true, true, false, false])
})

test('far scores, infinity and NaN come out as from the decomposition', async () => {
  const [q, k, v] = [
    [[1000], [-1000], [NaN], [Infinity]],
    [[1], [-1], [0.5]],
    [[3], [4], [5]],
  ].map((x) => tensor(x))
  const [want, got] = await both([scaledDotProductAttention(q, k, v)])
  expect(got[0].array()).toEqual(want[0].array())
})

test('nothing comes of no queries, no batches and no features', async () => {
  for (const [q, k, v] of [
    [
      [0, 2],
      [3, 2],
      [3, 2],
    ],
    [
      [0, 2, 2],
      [0, 3, 2],
      [0, 3, 2],
    ],
    [
      [2, 0],
      [3, 0],
      [3, 2],
    ],
    [
      [2, 2],
      [3, 2],
      [3, 0],
    ],
  ]) {
    const inputs = [q, k, v].map((s, i) => noise(s, 'float32', i))
    const y = scaledDotProductAttention(inputs[0], inputs[1], inputs[2])
    const [want, got] = await both([y, ...grad([sum(y)], inputs)])
    got.forEach((g, i) => expect(g.array()).toEqual(want[i].array()))
  }
})

test('memory of a step grows with the tokens, not with their square', async () => {
  const bytes = async (n: number): Promise<number> => {
    const env = runtimes[1].variables()
    env.name('x').set(hostArray(new Float32Array(n * 8), [n, 8]))
    const step = env.compile((ctx) => {
      const x = ctx.variable('x')
      return { g: grad([sum(scaledDotProductAttention(x, mul(x, 0.5), x, { causal: true }))], [x])[0] }
    })
    return (await step.plan()).arenaBytes
  }
  expect(await bytes(1024)).toBeLessThan(2.2 * (await bytes(512)))
})
