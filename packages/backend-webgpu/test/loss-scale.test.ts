import { cpu } from '@gradloom/backend-cpu'
import { cast, createRuntime, matmul, mean, mul, type Backend, type Tensor } from '@gradloom/core'
import { relu } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { adam, scaleLoss, type Optimizer } from '@gradloom/optim'
import { expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'

// Shaders are compiled in software, on however few cores other tests leave.
vi.setConfig({ testTimeout: 180_000 })

/** Gradients are this times the ones of float16: less than its least number. */
const SMALL = 2 ** -26
const half = (x: Tensor): Tensor => cast(x, 'float16')

/** Trains float32 weights through products, activations and gradients of float16, with a loss so small that gradients
 * of it are less than float16 has. */
async function train(backend: Backend, optimizer: Pick<Optimizer, 'minimize'>, steps: number): Promise<number[]> {
  const runtime = createRuntime({ backends: [backend] })
  const variables = runtime.variables()
  const rng = createRng(7)
  variables.name('w1').set(rng.glorotUniform([3, 8]))
  variables.name('w2').set(rng.glorotUniform([8, 1]))
  const step = variables.compile((ctx) => {
    const x = half(ctx.placeholder('x', [-1, 3]))
    const hidden = relu(matmul(x, half(ctx.variable('w1'))))
    const off = matmul(hidden, half(ctx.variable('w2'))).sub(half(ctx.placeholder('y', [-1, 1])))
    const loss = mul(cast(mean(off.mul(off)), 'float32'), SMALL)
    return { loss, train: optimizer.minimize(loss, ctx.variables()) }
  })
  const x = Array.from({ length: 6 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i / 5])
  const y = x.map(([a, b, c]) => [a * b + c])
  const losses: number[] = []
  for (let i = 0; i < steps; i++) losses.push((await step({ x, y })).loss.item())
  await runtime.close()
  return losses
}

const plain = adam({ learningRate: 0.02, eps: 1e-14 })
const scaled = scaleLoss(plain, { initial: 2 ** 24, interval: 4 })

it('float32 weights learn through float16 where the loss is scaled, and not at all where it is not', async () => {
  const losses = await train(webgpu({ gpu: nodeGpu }), scaled, 40)
  expect(losses.at(-1)).toBeLessThan(losses[0] / 4)
  const [first, ...others] = await train(webgpu({ gpu: nodeGpu }), plain, 4)
  expect(others).toEqual([first, first, first])
})

it('learn as on the CPU: a scale that grew too large is taken back there and here', async () => {
  const steps = 24
  const got = await train(webgpu({ gpu: nodeGpu }), scaled, steps)
  const want = await train(cpu(), scaled, steps)
  for (let i = 0; i < steps; i++) expect(Math.abs(got[i] - want[i])).toBeLessThan(0.02 * want[0])
})
