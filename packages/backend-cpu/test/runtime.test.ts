import { expect, test } from 'vitest'
import {
  assign,
  createRuntime,
  exp,
  grad,
  hostArray,
  log,
  matmul,
  max,
  mean,
  sub,
  sum,
  take,
  tanh,
  tensor,
  type Backend,
  type HostArray,
  type Tensor,
} from '@gradloom/core'
import { cpu } from '../src/index.ts'

const noise = (shape: readonly number[], seed: number): HostArray => {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1))
  for (let i = 0; i < data.length; i++) data[i] = Math.sin(seed * 12.9898 + i * 78.233) * 1.5
  return hostArray(data, shape)
}
const crossEntropy = (logits: Tensor): Tensor => {
  const shifted = sub(logits, max(logits, { axis: 1, keepDims: true }))
  return mean(sub(log(sum(exp(shifted), { axis: 1 })), take(shifted, [2], 1).mul(1).sum({ axis: 1 })))
}
/** Loss and gradients of a small net, by the backend. */
async function results(backend: Backend): Promise<number[][]> {
  const rt = createRuntime({ backends: [backend] })
  try {
    return await rt.run(async (ctx) => {
      const x = ctx.placeholder('x', [-1, 37])
      const w = tensor(noise([37, 50], 2))
      const v = tensor(noise([50, 9], 3))
      const b = tensor(noise([50], 4))
      const loss = crossEntropy(matmul(tanh(matmul(x, w).add(b)), v))
      const first = grad([loss], [w, v, b])
      const all = await ctx
        .evaluator()
        .push(loss, ...first)
        .feed(x, noise([21, 37], 1))
        .run()
      return all.map((h) => [...h.data])
    })
  } finally {
    await rt.close()
  }
}

test('fused kernels give what one kernel an op gives', async () => {
  const alone = cpu()
  const unfused: Backend = { ...alone, capabilities: { ...alone.capabilities, fuse: false } }
  const [fused, single] = [await results(cpu()), await results(unfused)]
  expect(fused.map((r) => r.length)).toEqual([1, 37 * 50, 450, 50])
  fused.forEach((r, i) => {
    const scale = Math.max(...single[i].map(Math.abs))
    expect(scale).toBeGreaterThan(1e-3)
    r.forEach((x, k) => expect(Math.abs(x - single[i][k])).toBeLessThanOrEqual(1e-5 * scale))
  })
})

test('steps that update variables in place keep memory flat', async () => {
  const backend = cpu()
  const rt = createRuntime({ backends: [backend] })
  const env = rt.variables()
  env.name('w').set(noise([8, 3], 5))
  const step = env.compile((ctx) => {
    const x = ctx.placeholder('x', [-1, 8])
    const w = ctx.variable('w')
    const loss = crossEntropy(matmul(x, w))
    const [g] = grad([loss], [w])
    return { loss, train: assign(w, sub(w, g.mul(0.5))) }
  })
  const x = noise([16, 8], 6)
  const first = (await step({ x })).loss.item()
  for (let i = 0; i < 20; i++) await step({ x })
  const before = backend.memory()
  let last = 0
  for (let i = 0; i < 300; i++) last = (await step({ x })).loss.item()
  expect(backend.memory()).toEqual(before)
  expect(last).toBeLessThan(first * 0.9)
  await rt.close()
})
