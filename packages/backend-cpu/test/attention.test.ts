import { afterAll, expect, test } from 'vitest'
import fc from 'fast-check'
import { reference } from '@gradloom/conformance'
import {
  abs,
  cast,
  createRuntime,
  grad,
  hostArray,
  mul,
  sizeOf,
  sum,
  tensor,
  type DType,
  type HostArray,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import { scaledDotProductAttention } from '@gradloom/nn'
import { cpu } from '../src/index.ts'
import { attentionMagnitudes, type AttentionInputs } from './attention-magnitudes.ts'

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

const evaluate = (on: Runtime, wanted: readonly Tensor[]): Promise<HostArray[]> =>
  on.run((ctx) =>
    ctx
      .evaluator()
      .push(...wanted)
      .run(),
  )
const both = (wanted: readonly Tensor[]): Promise<HostArray[][]> =>
  Promise.all(runtimes.map((on) => evaluate(on, wanted)))

/** The inputs, then what weighs the attention and each gradient. */
function operandsOf(c: Case): {
  readonly inputs: AttentionInputs
  readonly weight: (like: Tensor, seed: number) => Tensor
} {
  const [q, k, v] = [
    [c.queries, c.features],
    [c.keys, c.features],
    [c.keys, c.valueFeatures],
  ].map((s, i) => noise([...c.leads[i], ...s], c.dtype, i))
  const maskShape = [...c.leads[3], c.maskIs[0] ? c.queries : 1, c.maskIs[1] ? c.keys : 1]
  // The first key stays in sight of all.
  const bits = Uint8Array.from(wave(maskShape, 5), (w, i) => Number(w > -0.3 || i % maskShape.at(-1)! === 0))
  const mask =
    c.mask === 'bool' ? tensor(hostArray(bits, maskShape, 'bool')) : c.mask ? noise(maskShape, c.dtype, 3) : undefined
  return { inputs: { q, k, v, mask }, weight: (like, seed) => noise(like.shape, c.dtype, seed) }
}

/** The attention, its gradients, and with `order` 2 the gradients of those. */
function derivatives(
  { q, k, v, mask }: AttentionInputs,
  y: Tensor,
  weight: (like: Tensor, seed: number) => Tensor,
  order: 1 | 2,
): Tensor[] {
  const learned = mask && mask.dtype !== 'bool' ? [q, k, v, mask] : [q, k, v]
  const first = grad([sum(mul(y, weight(y, 7)))], learned)
  if (order === 1) return [y, ...first]
  const joined = first.map((g, i) => sum(mul(g, weight(g, 11 + i)))).reduce((a, b) => a.add(b))
  return [y, ...first, ...grad([joined], learned)]
}

const mapped = ({ q, k, v, mask }: AttentionInputs, f: (t: Tensor) => Tensor): AttentionInputs => ({
  q: f(q),
  k: f(k),
  v: f(v),
  mask: mask?.dtype === 'bool' ? mask : mask && f(mask),
})

/**
 * The kernels against the decomposition in float64. Each element is a sum of products, whose terms can cancel: with one
 * key the gradient of the scores is 0, while its terms are not. So what an element may be off is told by the sum M of its
 * terms' absolute values. Of k roundings one after another, each at most u relative, as likely up as down, more than
 * lambda sqrt(k) u M is left with probability 2 exp(-lambda^2 / 2) at most.
 * @see Higham and Mary, A new approach to probabilistic rounding error analysis, https://doi.org/10.1137/18M1226312
 */
async function check(c: Case, order: 1 | 2): Promise<void> {
  const { inputs, weight } = operandsOf(c)
  const wide = (t: Tensor): Tensor => cast(t, 'float64')
  const size = (t: Tensor): Tensor => abs(wide(t))
  const { causal, scale } = c
  const attention = ({ q, k, v, mask }: AttentionInputs): Tensor =>
    scaledDotProductAttention(q, k, v, { causal, ...(mask ? { mask } : {}), ...(scale === undefined ? {} : { scale }) })
  const [exact, sizes] = [mapped(inputs, wide), mapped(inputs, size)]
  const magnitudes = attentionMagnitudes(exact, sizes, { causal, scale: scale ?? 1 / Math.sqrt(c.features) })
  const [got, want, terms] = await Promise.all([
    evaluate(runtimes[1], derivatives(inputs, attention(inputs), weight, order)),
    evaluate(
      runtimes[0],
      derivatives(exact, attention(exact), (like, seed) => wide(weight(like, seed)), order),
    ),
    evaluate(
      runtimes[0],
      derivatives(sizes, magnitudes, (like, seed) => size(weight(like, seed)), order),
    ),
  ])
  // A derivative sums over features, keys, the values' features, queries and batches once more.
  const roundings = (1 + order) * (c.features + c.keys + c.valueFeatures + c.queries + sizeOf(c.leads[0]))
  const unit = c.dtype === 'float64' ? 2 ** -53 : 2 ** -24
  const allowed = 4 * Math.sqrt(roundings) * unit
  got.forEach((g, k) => {
    const isOff = (value: unknown, i: number): boolean =>
      !(Math.abs(Number(value) - Number(want[k].data[i])) <= allowed * Number(terms[k].data[i]))
    expect([...g.data].findIndex(isOff), `result ${k} of ${JSON.stringify(c)}`).toBe(-1)
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
test('gradients of gradients that are 0, because all terms cancel, are off by the rounding of these alone', () =>
  check(
    {
      dtype: 'float32',
      leads: [[2, 3], [2, 3], [2, 3], []],
      queries: 33,
      keys: 1,
      features: 5,
      valueFeatures: 5,
      causal: false,
      mask: 'bool',
      maskIs: [false, false],
      scale: 0.7,
    },
    2,
  ))

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
