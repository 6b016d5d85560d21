import { expect, it } from 'vitest'
import {
  add,
  createRuntime,
  hostArray,
  matmul,
  type Backend,
  type Context,
  type Plan,
  type Step,
  type Tensor,
} from '@gradloom/core'
import { accessOf, verifyPlan } from '@gradloom/core/extend'
import { cpu } from '@gradloom/backend-cpu'
import { embedding, gelu, layerNorm, multiHeadAttention, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { adam } from '../src/index.ts'

const WIDTH = 16
const TOKENS = 8
const BLOCKS = 2
const VOCABULARY = 11

const shapes: Record<string, readonly number[]> = { token: [VOCABULARY, WIDTH], head: [WIDTH, VOCABULARY] }
for (let i = 0; i < BLOCKS; i++) {
  for (const name of ['query', 'key', 'value', 'output']) shapes[`${i}.${name}`] = [WIDTH, WIDTH]
  shapes[`${i}.expand`] = [WIDTH, 4 * WIDTH]
  shapes[`${i}.contract`] = [4 * WIDTH, WIDTH]
  shapes[`${i}.scale`] = [WIDTH]
  shapes[`${i}.bias`] = [WIDTH]
}

/** The loss of a transformer that sees what came before. */
function lossOf(ctx: Context): Tensor {
  const of = (name: string): Tensor => ctx.variable(name)
  const x = ctx.placeholder('x', [-1, TOKENS], 'int32')
  const y = ctx.placeholder('y', [-1, TOKENS], 'int32')
  let h = embedding(of('token'), x)
  for (let i = 0; i < BLOCKS; i++) {
    const norm = layerNorm(h, { scale: of(`${i}.scale`), bias: of(`${i}.bias`) })
    const weights = {
      query: of(`${i}.query`),
      key: of(`${i}.key`),
      value: of(`${i}.value`),
      output: of(`${i}.output`),
    }
    h = add(h, multiHeadAttention(norm, weights, { heads: 2, causal: true }))
    h = add(h, matmul(gelu(matmul(layerNorm(h), of(`${i}.expand`)), { approximate: 'tanh' }), of(`${i}.contract`)))
  }
  return sparseSoftmaxCrossEntropy(matmul(h, of('head')), y, { reduction: 'mean' })
}

/** A plan of the same steps with its updates last, and no memory that buffers share. */
function withUpdatesLast(plan: Plan): Plan {
  // What updates gave: only what comes after them reads it.
  const updated = new Set<number>()
  const late: Step[] = []
  const early = plan.steps.filter((step) => {
    const { reads, writes } = accessOf(step)
    const isUpdate = writes.some((b) => plan.buffers[b].kind === 'input')
    if (!isUpdate && !reads.some((b) => updated.has(b))) return true
    for (const b of writes) updated.add(b)
    late.push(step)
    return false
  })
  let arenaBytes = 0
  const buffers = plan.buffers.map((b) => {
    if (b.kind === 'input') return b
    const byteOffset = arenaBytes
    arenaBytes += Math.ceil((8 * b.size) / 64) * 64
    return { ...b, byteOffset }
  })
  return { ...plan, buffers, arenaBytes, steps: [...early, ...late] }
}

it('updates as early as they free memory give the bits that updates at the end give', async () => {
  const plans: Plan[] = []
  const inner = cpu({ threads: 2, placement: 'inline' })
  const plainly: Backend = {
    ...inner,
    prepareSync: undefined,
    prepare(plan, kernels) {
      const last = withUpdatesLast(plan)
      verifyPlan(last)
      plans.push(plan, last)
      return inner.prepare(last, kernels)
    },
  }
  const tokens = (by: number) =>
    hostArray(
      Int32Array.from({ length: 3 * TOKENS }, (_, i) => (i * by) % VOCABULARY),
      [3, TOKENS],
    )
  const results = [cpu({ threads: 2, placement: 'inline' }), plainly].map(async (backend) => {
    const rt = createRuntime({ backends: [backend] })
    const env = rt.variables()
    for (const [key, shape] of Object.entries(shapes)) {
      const size = shape.reduce((a, b) => a * b, 1)
      env.name(key).set(
        hostArray(
          Float32Array.from({ length: size }, (_, i) => Math.sin(i + key.length) / 4),
          shape,
        ),
      )
    }
    const step = env.compile((ctx) => {
      const loss = lossOf(ctx)
      return { loss, train: adam({ learningRate: 0.01 }).minimize(loss, ctx.variables()) }
    })
    const losses: number[] = []
    for (let i = 0; i < 5; i++) losses.push((await step({ x: tokens(5), y: tokens(7) })).loss.item())
    const variables = await env.save()
    await rt.close()
    return { losses, variables }
  })
  const [early, last] = await Promise.all(results)
  expect(early.losses[4]).toBeLessThan(early.losses[0])
  expect(last.losses).toEqual(early.losses)
  expect(last.variables).toEqual(early.variables)
  const [given, moved] = plans
  expect(moved.steps).not.toEqual(given.steps)
  expect(moved.steps.length).toBe(given.steps.length)
}, 60_000)
