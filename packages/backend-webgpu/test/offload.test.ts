import { cpu } from '@gradloom/backend-cpu'
import { explainResiduals, offload } from '@gradloom/checkpoint'
import { createRuntime, matmul, mean, square, tanh, type Backend, type Policy, type Runtime } from '@gradloom/core'
import { explain } from '@gradloom/inspect'
import { createRng, sort } from '@gradloom/ops'
import { sgd } from '@gradloom/optim'
import { expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { watchedGpu, type Watched } from './watched-gpu.ts'

vi.setConfig({ testTimeout: 300_000 })

interface Model {
  readonly layers: number
  readonly width: number
  readonly batch: number
  readonly rematerialise?: Policy
  readonly isSorted?: boolean
}

/** A chain of layers, in the middle of which values may be sorted. */
function training(backends: readonly Backend[], { layers, width, batch, rematerialise, isSorted = false }: Model) {
  const runtime: Runtime = createRuntime({ backends })
  const env = runtime.variables()
  const rng = createRng(1)
  for (let i = 0; i < layers; i++) env.name(`w${i}`).set(rng.glorotUniform([width, width]))
  const step = env.compile(
    (ctx) => {
      let h = ctx.placeholder('x', [batch, width])
      for (let i = 0; i < layers; i++) {
        h = tanh(matmul(h, ctx.variable(`w${i}`)))
        if (isSorted && i === layers >> 1) h = sort(h)
      }
      const loss = mean(square(h))
      return { loss, train: sgd({ learningRate: 0.5 }).minimize(loss, ctx.variables()) }
    },
    { rematerialise },
  )
  const x = Float32Array.from({ length: batch * width }, (_, i) => Math.sin(i))
  return {
    runtime,
    feeds: { x },
    step,
    next: async () => (await step({ x })).loss.item(),
    weights: async () => [...(await env.name('w0').get()).data],
  }
}

/** Two losses, the first weights after them, and what the device was asked for. */
async function trained(watched: Watched, model: Model, ...others: readonly Backend[]) {
  // Larger tiles take SwiftShader longer to compile.
  const t = training([webgpu({ gpu: watched.gpu, tuning: { side: 4 } }), ...others], model)
  try {
    const losses = [await t.next()]
    const before = watched.count('submit')
    losses.push(await t.next())
    const submits = watched.count('submit') - before
    const plans = await t.step.plans(t.feeds)
    return { bits: [losses, await t.weights()], plans, memory: t.runtime.memory()[0], submits }
  } finally {
    await t.runtime.close()
  }
}

const DEEP: Model = { layers: 64, width: 64, batch: 256 }
const SMALL: Model = { layers: 6, width: 16, batch: 32 }

it('values go to the host and come back, to the bit, in 6 % of the arena and two submits', async () => {
  const plain = await trained(watchedGpu(), DEEP, cpu())
  const moved = await trained(watchedGpu(), { ...DEEP, rematerialise: offload() }, cpu())
  expect(moved.bits).toEqual(plain.bits)
  expect([plain.submits, moved.submits]).toEqual([1, 2])
  expect(moved.memory.arena / plain.memory.arena).toBeLessThanOrEqual(0.06)
  expect(moved.memory.reserved).toBeLessThanOrEqual(plain.memory.reserved - 0.9 * plain.memory.arena)
  const bytes = DEEP.layers * DEEP.width * DEEP.batch * 4
  expect([plain.memory.host, moved.memory.host]).toEqual([0, 2 * bytes])
  const [plan] = moved.plans
  expect(plan.plainArenaBytes).toBe(plain.plans[0].arenaBytes)
  const parts = explain(plan).parts.map(({ name, steps }) => [name, steps])
  expect(parts).toEqual(
    expect.arrayContaining([
      ['pack', DEEP.layers],
      ['recompute', DEEP.layers],
    ]),
  )
  expect(explainResiduals(plan)).toMatchObject({ values: [], onHost: bytes })
})

it('values wait on the host while another backend works', async () => {
  const without = (backend: Backend): Backend => {
    const kernels = backend.capabilities.kernels.filter((name) => !/sort/.test(name))
    return { ...backend, capabilities: { ...backend.capabilities, kernels } }
  }
  const run = async (rematerialise?: Policy) => {
    const t = training([without(webgpu({ gpu: watchedGpu().gpu })), cpu({ threads: 1 })], {
      ...SMALL,
      isSorted: true,
      rematerialise,
    })
    const losses = [await t.next(), await t.next()]
    const plans = await t.step.plans(t.feeds)
    await t.runtime.close()
    const moves = plans.map(({ steps }) => steps.filter((s) => s.label === 'toHost' || s.label === 'fromHost').length)
    return { losses, moves }
  }
  const plain = await run()
  const moved = await run(offload(0))
  expect(moved.losses).toEqual(plain.losses)
  expect(moved.moves.length).toBeGreaterThan(2)
  expect(moved.moves[0]).toBeGreaterThan(0)
})

it('calls that are made while values are moved act in their order', async () => {
  const plain = training([webgpu({ gpu: watchedGpu().gpu })], SMALL)
  const moved = training([webgpu({ gpu: watchedGpu().gpu })], { ...SMALL, rematerialise: offload(0) })
  const at = async ({ next, weights, runtime, feeds }: ReturnType<typeof training>) => {
    await next()
    const calls = [next(), weights(), next(), next(), weights()]
    // What was fed was read when it was given.
    const own = feeds.x.slice()
    feeds.x.fill(0)
    const got = await Promise.all(calls)
    feeds.x.set(own)
    got.push(await next())
    await runtime.close()
    return got
  }
  expect(await at(moved)).toEqual(await at(plain))
})

it('nothing is created after the second step', async () => {
  const watched = watchedGpu()
  const t = training([webgpu({ gpu: watched.gpu })], { ...SMALL, rematerialise: offload(0) })
  await t.next()
  await t.next()
  const created = [watched.count('createBuffer', 'createBindGroup', 'createComputePipelineAsync'), t.runtime.memory()]
  for (let i = 0; i < 20; i++) await t.next()
  const after = [watched.count('createBuffer', 'createBindGroup', 'createComputePipelineAsync'), t.runtime.memory()]
  expect(after).toEqual(created)
  expect(watched.count('uncapturederror')).toBe(0)
  await t.runtime.close()
})
