import { cpu } from '@gradloom/backend-cpu'
import { createRuntime, grad, hostArray, sum, type Backend, type HostArray, type Tensor } from '@gradloom/core'
import { multiHeadAttention, scaledDotProductAttention } from '@gradloom/nn'
import { describe, expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'
import { watchedGpu, type Watched } from './watched-gpu.ts'

vi.setConfig({ testTimeout: 240_000 })

const noise = (shape: readonly number[], seed: number): HostArray =>
  hostArray(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233)),
    shape,
  )

interface Case {
  readonly heads: number
  readonly width: number
  readonly withGradient: boolean
}

/** What two steps of attention give. */
async function attended({ heads, width, withGradient }: Case, backend: Backend, watched: Watched) {
  const runtime = createRuntime({ backends: [backend] })
  const env = runtime.variables()
  env.name('x').set(noise([2, 7, width], 0))
  for (const [i, name] of ['query', 'key', 'value', 'output'].entries()) {
    env.name(name).set(noise([width, width], i + 1))
    env.name(`${name}Bias`).set(noise([width], i + 5))
  }
  const step = env.compile((ctx) => {
    const v = (name: string): Tensor => ctx.variable(name)
    const weights = { query: v('query'), key: v('key'), value: v('value'), output: v('output') }
    const biases = { queryBias: v('queryBias'), keyBias: v('keyBias'), valueBias: v('valueBias') }
    const y = (x: Tensor): Tensor => multiHeadAttention(x, { ...weights, ...biases }, { heads, causal: true })
    return { result: withGradient ? grad((x: Tensor) => sum(y(x).mul(y(x))))(v('x')) : y(v('x')) }
  })
  const first = (await step()).result
  const before = watched.count('dispatchWorkgroups')
  const second = (await step()).result
  const kernels = watched.count('dispatchWorkgroups') - before
  await runtime.close()
  return { first, second, kernels }
}

it.each([
  { heads: 4, width: 16, withGradient: false, most: 6 },
  // Rows that are too wide to be written out.
  { heads: 2, width: 144, withGradient: false, most: 6 },
  { heads: 2, width: 8, withGradient: true, most: 16 },
])('%o: attention is that of the cpu, its heads are turned where they are computed', async ({ most, ...given }) => {
  const watched = watchedGpu()
  const { first, second, kernels } = await attended(given, webgpu({ gpu: watched.gpu }), watched)
  const wanted = (await attended(given, cpu(), watched)).first
  expect(second.data).toEqual(first.data)
  const scale = Math.max(...wanted.data.map(Math.abs))
  const worst = Math.max(...[...wanted.data].map((w, i) => Math.abs(first.data[i] - w)))
  expect(worst).toBeLessThan(1e-5 * Math.max(1, scale))
  expect(kernels).toBeLessThanOrEqual(most)
})

/** Attention of heads that share keys, or values, and its gradients. */
async function shared(backend: Backend, shapes: readonly (readonly number[])[], causal: boolean): Promise<HostArray[]> {
  const runtime = createRuntime({ backends: [backend] })
  const env = runtime.variables()
  shapes.forEach((shape, i) => env.name(`x${i}`).set(noise(shape, i + 1)))
  const step = env.compile((ctx) => {
    const all = shapes.map((_, i) => ctx.variable(`x${i}`))
    const [query, key, value, mask] = all
    const y = scaledDotProductAttention(query, key, value, { mask, causal })
    const gradients = grad([sum(y.mul(y).mul(y))], all)
    return Object.fromEntries([y, ...gradients].map((t, i) => [`result${i}`, t]))
  })
  const results = await step()
  await runtime.close()
  return Object.values(results)
}
const q = [2, 3, 5, 4]
const cases: readonly (readonly [name: string, shapes: readonly (readonly number[])[]])[] = [
  ['heads of their own', [q, [2, 3, 7, 4], [2, 3, 7, 6]]],
  ['keys that heads share, values that batches share, and a mask', [q, [2, 1, 7, 4], [1, 3, 7, 6], [5, 7]]],
  [
    'fewer axes',
    [
      [10, 4],
      [3, 7, 4],
      [7, 6],
      [3, 1, 7],
    ],
  ],
  [
    'queries that all share',
    [
      [1, 1, 5, 4],
      [2, 2, 7, 4],
      [2, 1, 7, 6],
      [2, 1, 5, 7],
    ],
  ],
]
const sizes = [2 ** 30, 1024, 256] as const

it.each([{ lead: [] }, { lead: [2] }])(
  'attention of no queries: zeros for keys and values, $lead',
  async ({ lead }) => {
    const shapes = [
      [0, 4],
      [7, 4],
      [7, 6],
    ].map((shape) => [...lead, ...shape])
    expect(await shared(webgpu({ gpu: nodeGpu }), shapes, false)).toEqual(await shared(cpu(), shapes, false))
  },
)

describe.each(cases)('attention, %s: that of the cpu, however few scores are in memory at a time', (_, shapes) => {
  it.each(sizes)('bindings of %i bytes', async (maxStorageBufferBindingSize) => {
    for (const causal of [false, true]) {
      const wanted = await shared(cpu(), shapes, causal)
      const limits = { maxStorageBufferBindingSize }
      const found = await shared(webgpu({ gpu: nodeGpu, limits }), shapes, causal)
      found.forEach(({ data, shape }, i) => {
        const { data: all, shape: wantedShape } = wanted[i]
        const worst = Math.max(...[...all].map((w, j) => Math.abs(data[j] - w) / (1 + Math.abs(w))))
        expect({ shape, isClose: worst < 1e-5 }).toEqual({ shape: wantedShape, isClose: true })
      })
    }
  })
})
