import { cpu } from '@gradloom/backend-cpu'
import { createRuntime, matmul, mean, square, type Policy, type Tensor } from '@gradloom/core'
import { layers, model, mseLoss, relu } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { sgd } from '@gradloom/optim'
import { afterAll, describe, expect, it } from 'vitest'
import { budget, everyN, revolve, sqrt } from '../src/index.ts'

const rt = createRuntime({ backends: [cpu({ threads: 1, placement: 'inline' })] })
afterAll(() => rt.close())

const DEPTH = 16
const x = Array.from({ length: 256 }, (_, i) => Array.from({ length: 64 }, (_, j) => Math.sin(i * 64 + j)))
const policies: [string, (plainBytes: number) => Policy][] = [
  ['sqrt()', sqrt],
  ['everyN(2)', () => everyN(2)],
  ['revolve(3)', () => revolve(3)],
  ['budget', (plainBytes) => budget(0.6 * plainBytes)],
]

describe('what leaves a chain of layers on its side does not keep them from being computed again', () => {
  it.each(policies)('running statistics of batch norm, by %s', async (_, policy) => {
    const run = async (rematerialise?: Policy): Promise<[losses: number[], arenaBytes: number]> => {
      const blocks = Array.from({ length: DEPTH }, () => [layers.linear(64, 64), layers.batchNorm(64), relu]).flat()
      const net = model(rt.variables(), layers.sequential(...blocks), createRng(1))
      const train = net.compile({ loss: mseLoss, optimizer: sgd({ learningRate: 0.1 }), rematerialise })
      const losses = [await train(x, x), await train(x, x), await train(x, x)]
      const { arenaBytes } = await train.step(x, x).plan({ x, y: x })
      return [losses, arenaBytes]
    }
    const [plainLosses, plain] = await run()
    const [losses, bytes] = await run(policy(plain))
    expect(losses).toEqual(plainLosses)
    expect(bytes / plain).toBeLessThan(0.7)
  })

  it.each(policies)('means that are results, by %s', async (_, policy) => {
    const env = rt.variables()
    const rng = createRng(2)
    for (let i = 0; i < DEPTH; i++) env.name(`w${i}`).set(rng.normal([64, 64], { std: 0.2 }))
    const compiled = (rematerialise?: Policy) =>
      env.compile(
        (ctx) => {
          let h = ctx.placeholder('x', [256, 64])
          const means: Record<string, Tensor> = {}
          for (let i = 0; i < DEPTH; i++) {
            h = relu(matmul(h, ctx.variable(`w${i}`)))
            means[`mean${i}`] = mean(h)
          }
          const loss = mean(square(h))
          return { loss, ...means, train: sgd({ learningRate: 0 }).minimize(loss, ctx.variables()) }
        },
        { rematerialise },
      )
    const plain = compiled()
    const all = await plain.plan({ x })
    const again = compiled(policy(all.arenaBytes))
    const less = await again.plan({ x })
    expect(await again({ x })).toEqual(await plain({ x }))
    expect(less.arenaBytes / all.arenaBytes).toBeLessThan(0.7)
  })
})
