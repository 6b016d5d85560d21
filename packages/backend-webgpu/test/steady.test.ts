import { createRuntime, matmul, zeros } from '@gradloom/core'
import { relu, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { adam } from '@gradloom/optim'
import { expect, it } from 'vitest'
import { webgpu } from '../src/index.ts'
import { training } from './train.ts'
import { watchedGpu } from './watched-gpu.ts'

const STEPS = Number(process.env['STEPS'] ?? 300)
const CREATES = [
  'createBuffer',
  'createBindGroup',
  'createBindGroupLayout',
  'createShaderModule',
  'createComputePipeline',
  'createComputePipelineAsync',
  'createPipelineLayout',
]

it(
  `a training step creates nothing after the second, submits once, and keeps its memory (${STEPS} steps)`,
  async () => {
    const watched = watchedGpu()
    const { runtime, step } = training(webgpu({ gpu: watched.gpu }))
    const losses = [await step(), await step()]
    const created = watched.count(...CREATES)
    const memory = runtime.memory()
    const submits = watched.count('submit')
    const writes = watched.count('writeBuffer')
    for (let i = 0; i < STEPS; i++) losses.push(await step())
    expect(watched.count(...CREATES)).toBe(created)
    expect(runtime.memory()).toEqual(memory)
    expect([watched.count('submit') - submits, watched.count('writeBuffer') - writes]).toEqual([STEPS, STEPS])
    expect(watched.count('uncapturederror')).toBe(0)
    expect(losses.at(-1)).toBeLessThan(losses[0] / 2)
    await runtime.close()
  },
  120_000 + 100 * STEPS,
)

it('a training step of a classifier with Adam is at most 12 kernels', async () => {
  const watched = watchedGpu()
  const runtime = createRuntime({ backends: [webgpu({ gpu: watched.gpu })] })
  const variables = runtime.variables()
  const rng = createRng(1)
  variables.name('w1').set(rng.heUniform([784, 128]))
  variables.name('b1').set(zeros([128]))
  variables.name('w2').set(rng.glorotUniform([128, 10]))
  variables.name('b2').set(zeros([10]))
  const step = variables.compile((ctx) => {
    const labels = ctx.placeholder('labels', [-1], 'int32')
    const h = relu(matmul(ctx.placeholder('images', [-1, 784]), ctx.variable('w1')).add(ctx.variable('b1')))
    const scores = matmul(h, ctx.variable('w2')).add(ctx.variable('b2'))
    const loss = sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' })
    return { loss, train: adam({ learningRate: 1e-3 }).minimize(loss, ctx.variables()) }
  })
  const images = Float32Array.from({ length: 8 * 784 }, (_, i) => Math.sin(i))
  const feeds = { images, labels: Int32Array.from({ length: 8 }, (_, i) => i) }
  await step(feeds)
  const before = watched.count('dispatchWorkgroups')
  await step(feeds)
  expect(watched.count('dispatchWorkgroups') - before).toBeLessThanOrEqual(12)
  await runtime.close()
}, 120_000)
