import { offload } from '@gradloom/checkpoint'
import { createRuntime, matmul, mean, square, tanh, type Policy, type Tensor } from '@gradloom/core'
import { profile } from '@gradloom/inspect'
import { createRng, scan } from '@gradloom/ops'
import { sgd } from '@gradloom/optim'
import { expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'

vi.setConfig({ testTimeout: 300_000 })

/** A product of 128 x 128, a loop of small ones, and training by both. */
function training(backend: ReturnType<typeof webgpu>, rematerialise?: Policy) {
  const runtime = createRuntime({ backends: [backend] })
  const env = runtime.variables()
  env.name('large').set(createRng(1).glorotUniform([128, 128]))
  env.name('small').set(createRng(2).glorotUniform([128, 8]))
  env.name('loop').set(createRng(3).glorotUniform([8, 8]))
  const step = env.compile(
    (ctx) => {
      const h = tanh(
        matmul(tanh(matmul(ctx.placeholder('x', [128, 128]), ctx.variable('large'))), ctx.variable('small')),
      )
      const turn = (carry: Tensor): [Tensor, null] => [tanh(matmul(carry, ctx.variable('loop'))), null]
      const [last] = scan(turn, h, null, { length: 3 })
      const loss = mean(square(last))
      return { loss, train: sgd({ learningRate: 0.1 }).minimize(loss, ctx.variables()) }
    },
    { rematerialise },
  )
  const x = Float32Array.from({ length: 128 * 128 }, (_, i) => Math.sin(i))
  return { runtime, step, feeds: { x } }
}

it('the device tells what each step took, which adds up to the run', async () => {
  const plain = training(webgpu({ gpu: nodeGpu, tuning: { side: 4 } }))
  const timed = training(webgpu({ gpu: nodeGpu, tuning: { side: 4 } }))
  const got = await profile(timed.step, timed.feeds, { runs: 3, warmup: 1 })
  for (let i = 0; i < 4; i++) await plain.step(plain.feeds)
  expect((await timed.step(timed.feeds)).loss.item()).toBe((await plain.step(plain.feeds)).loss.item())
  const [plan] = await timed.step.plans(timed.feeds)
  expect(got.steps.length).toBe(plan.steps.length)
  expect(Math.abs(got.rest.backendMs)).toBeLessThan(0.05 * got.ms)
  // Times are rounded, and a busy machine is in them.
  const msOf = (op: string): number => got.steps.reduce((sum, step) => sum + (step.ops.includes(op) ? step.ms : 0), 0)
  expect(msOf('matmul')).toBeGreaterThan(0)
  expect(msOf('scan')).toBeGreaterThan(0)
  expect(msOf('tanh')).toBe(0)
  await Promise.all([plain.runtime.close(), timed.runtime.close()])
})

it('values that are moved take time too', async () => {
  const { runtime, step, feeds } = training(webgpu({ gpu: nodeGpu, tuning: { side: 4 } }), offload())
  const { byOp } = await profile(step, feeds, { runs: 2, warmup: 1 })
  const names = byOp.map((o) => o.name)
  expect(names).toEqual(expect.arrayContaining(['toHost', 'fromHost']))
  expect(byOp.find((o) => o.name === 'fromHost')!.ms).toBeGreaterThan(0)
  await runtime.close()
})

it('a device without timestamps cannot', async () => {
  const gpu = await nodeGpu()
  const device = await (await gpu.requestAdapter())!.requestDevice()
  const { runtime, step, feeds } = training(webgpu({ device, tuning: { side: 4 } }))
  await expect(profile(step, feeds, { runs: 1, warmup: 0 })).rejects.toMatchObject({ code: 'BACKEND' })
  await runtime.close()
  device.destroy()
})
