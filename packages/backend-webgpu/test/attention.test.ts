import { cpu } from '@gradloom/backend-cpu'
import { createRuntime, grad, hostArray, sum, type Backend, type HostArray, type Tensor } from '@gradloom/core'
import { multiHeadAttention } from '@gradloom/nn'
import { expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
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
  { heads: 4, width: 16, withGradient: false, most: 5 },
  // Rows that are too wide to be written out.
  { heads: 2, width: 144, withGradient: false, most: 5 },
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
