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

it(`a training step creates nothing after the second, submits once, and keeps its memory (${STEPS} steps)`, async () => {
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
}, 120_000)
