import { cpu } from '@gradloom/backend-cpu'
import {
  createRuntime,
  hostArray,
  OutOfMemoryError,
  reshape,
  SettingError,
  type Policy,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import { layers, maxPool2d, model, relu, sparseSoftmaxCrossEntropy, type TrainingStep } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { adam } from '@gradloom/optim'
import { afterAll, describe, expect, it } from 'vitest'
import { budget, saveContractions, sqrt } from '../src/index.ts'
import { values } from './models.ts'

const runtime = createRuntime({ backends: [cpu({ threads: 1 })] })
afterAll(() => runtime.close())

const ROWS = 96
const x = hostArray(values(ROWS * 256, 5), [ROWS, 1, 16, 16])
const y = Int32Array.from({ length: ROWS }, (_, i) => i % 3)
const halved = (t: Tensor): Tensor => maxPool2d(t, { kernelSize: 2 })

/** A step whose largest values are results of convolutions, which stretches keep or compute again. */
function trainer(rematerialise?: Policy, on: Runtime = runtime): TrainingStep {
  const net = layers.sequential(
    layers.conv2d(1, 8, { kernelSize: 3, padding: 1 }),
    layers.batchNorm(8),
    relu,
    halved,
    layers.conv2d(8, 16, { kernelSize: 3, padding: 1 }),
    relu,
    halved,
    (t: Tensor) => reshape(t, [-1, 256]),
    layers.dropout(0.3),
    layers.linear(256, 3),
  )
  return model(on.variables(), net, createRng(1)).compile({
    loss: (scores, labels) => sparseSoftmaxCrossEntropy(scores, labels, { reduction: 'mean' }),
    optimizer: adam({ learningRate: 0.01 }),
    ...(rematerialise ? { rematerialise } : {}),
  })
}

const arenaOf = async (policy?: Policy): Promise<number> => (await trainer(policy).step(x, y).plan({ x, y })).arenaBytes
async function lossesOf(train: TrainingStep): Promise<number[]> {
  const losses: number[] = []
  for (let i = 0; i < 3; i++) losses.push(await train(x, y))
  return losses
}
const refusalOf = (run: Promise<unknown>): Promise<unknown> => run.catch((error: unknown) => error)

describe('a network of convolutions', { timeout: 120_000 }, () => {
  it('is given every budget that another policy keeps to, with the same losses', async () => {
    const others = [await arenaOf(saveContractions()), await arenaOf(sqrt())]
    for (const bytes of others) expect(await arenaOf(budget(bytes))).toBeLessThanOrEqual(bytes)
    expect(await lossesOf(trainer(budget(others[0])))).toEqual(await lossesOf(trainer()))
  })

  it('is refused with the smallest budget that is kept', async () => {
    const refused = await refusalOf(arenaOf(budget(100_000)))
    expect(refused).toBeInstanceOf(SettingError)
    const smallest = Number(/smallest plan found takes (\d+)/.exec((refused as Error).message)![1])
    expect(smallest).toBeLessThan(0.6 * (await arenaOf()))
    expect(smallest).toBeLessThan(await arenaOf(saveContractions()))
    expect(await arenaOf(budget(smallest))).toBeLessThanOrEqual(smallest)
  })

  it('is told of a budget that fits where memory runs out', async () => {
    const small = createRuntime({ backends: [cpu({ threads: 1, memoryLimit: 3_000_000 })] })
    const error = (await refusalOf(trainer(undefined, small)(x, y))) as OutOfMemoryError
    expect(error).toBeInstanceOf(OutOfMemoryError)
    const bytes = Number(/budget\((\d+)\) }/.exec(error.message)![1])
    expect(await lossesOf(trainer(budget(bytes), small))).toEqual(await lossesOf(trainer()))
    await small.close()
  })
})
