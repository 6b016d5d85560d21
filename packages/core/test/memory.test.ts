import { cpu } from '@gradloom/backend-cpu'
import { layers, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { adam, sgd } from '@gradloom/optim'
import { afterAll, describe, expect, it } from 'vitest'
import {
  assign,
  createRuntime,
  grad,
  matmul,
  mean,
  mul,
  square,
  sub,
  tanh,
  updates,
  type CompiledStep,
  type Results,
  type VariableEnvironment,
} from '../src/index.ts'

const runtimes = [1, 2].map(() => createRuntime({ backends: [cpu({ threads: 1, placement: 'inline' })] }))
afterAll(() => Promise.all(runtimes.map((rt) => rt.close())))
const [rt, other] = runtimes
const arenaOf = (of: typeof rt): number => of.memory()[0].arena

function initialised(of: typeof rt): VariableEnvironment {
  const env = of.variables()
  const rng = createRng(1)
  for (const n of ['a', 'b', 'c']) env.name(n).set(rng.normal([64, 64], { std: 0.1 }))
  return env
}
const training = (env: VariableEnvironment): CompiledStep<Results> =>
  env.compile((ctx) => {
    const [a, b, c] = ctx.variables()
    const x = ctx.placeholder('x', [-1, 64])
    const loss = mean(square(sub(matmul(tanh(matmul(tanh(matmul(x, a)), b)), c), x)))
    const train = grad([loss], [a, b, c]).map((g, i) => assign([a, b, c][i], sub([a, b, c][i], mul(g, 0.01))))
    return { loss, train: updates(...train) }
  })

describe('the arena', () => {
  it('keeps nothing of initial values, which share a plan', async () => {
    const env = initialised(rt)
    const values = await env.save()
    expect(new Set(['a', 'b', 'c'].map((n) => values.get(n)!.data[0])).size).toBe(3)
    expect(arenaOf(rt)).toBe(0)
  })

  it('is as large after 1,000 batch sizes and evaluation as with the largest of their plans alone', async () => {
    const env = initialised(rt)
    const step = training(env)
    const evaluate = env.compile((ctx) => ({
      y: mean(tanh(matmul(ctx.placeholder('x', [-1, 64]), ctx.variable('a')))),
    }))
    const x = new Float32Array(1000 * 64).map((_, i) => Math.sin(i))
    for (let n = 1; n <= 1000; n++) {
      const feeds = { x: x.subarray(0, 64 * n) }
      await step(feeds)
      if (n % 10 === 0) await evaluate(feeds)
    }
    await training(initialised(other))({ x })
    const alone = arenaOf(other)
    expect(alone).toBeGreaterThanOrEqual((await step.plan({ x })).arenaBytes)
    expect(arenaOf(rt) / alone).toBeLessThanOrEqual(1.05)
  }, 120_000)

  it.each([
    ['sgd', sgd],
    ['adam', adam],
  ] as const)(
    'of a GPT of 12 blocks of 768 is less than half of its gradients, by %s',
    async (_, optimizer) => {
      const [features, length, vocabulary] = [768, 128, 8192]
      const env = rt.variables()
      const rng = createRng(0)
      const model = layers.sequential(
        layers.embedding(vocabulary, features),
        ...Array.from({ length: 12 }, () => layers.transformerBlock(features, { heads: 12, causal: true })),
        layers.layerNorm(features),
        layers.linear(features, vocabulary),
      )
      const initial = model.init(rng)
      layers.setVariables(env, initial)
      const step = env.compile((ctx) => {
        const scores = model.apply(layers.getVariables(ctx, initial), ctx.placeholder('inputs', [1, length], 'int32'))
        const loss = sparseSoftmaxCrossEntropy(scores, ctx.placeholder('targets', [1, length], 'int32'), {
          reduction: 'mean',
        })
        return { loss, train: optimizer({ learningRate: 1e-3 }).minimize(loss, ctx.variables()) }
      })
      const tokens = new Int32Array(length)
      const { arenaBytes, steps } = await step.plan({ inputs: tokens, targets: tokens })
      // 391 MB of gradients, were they all there at once.
      expect(arenaBytes).toBeLessThan(150e6)
      expect(steps.filter((s) => s.label === 'copy')).toEqual([])
    },
    60_000,
  )
})
