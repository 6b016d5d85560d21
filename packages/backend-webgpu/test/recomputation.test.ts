import { everyN, sqrt } from '@gradloom/checkpoint'
import { createRuntime, matmul, mean, square, type Policy } from '@gradloom/core'
import { relu } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { sgd } from '@gradloom/optim'
import { expect, it } from 'vitest'
import { webgpu } from '../src/index.ts'
import { watchedGpu } from './watched-gpu.ts'

const [LAYERS, WIDTH, BATCH] = [64, 64, 256]
const x = Float32Array.from({ length: BATCH * WIDTH }, (_, i) => Math.sin(i))

/** Losses of three steps, and the arena that the device really holds. */
async function trained(rematerialise?: Policy): Promise<{ losses: number[]; arena: number }> {
  const runtime = createRuntime({ backends: [webgpu({ gpu: watchedGpu().gpu })] })
  try {
    const env = runtime.variables()
    const rng = createRng(1)
    for (let i = 0; i < LAYERS; i++) env.name(`w${i}`).set(rng.heUniform([WIDTH, WIDTH]))
    const step = env.compile(
      (ctx) => {
        let h = ctx.placeholder('x', [BATCH, WIDTH])
        for (let i = 0; i < LAYERS; i++) h = relu(matmul(h, ctx.variable(`w${i}`)))
        const loss = mean(square(h))
        return { loss, train: sgd({ learningRate: 0.01 }).minimize(loss, ctx.variables()) }
      },
      { rematerialise },
    )
    const losses: number[] = []
    for (let i = 0; i < 3; i++) losses.push((await step({ x })).loss.item())
    return { losses, arena: runtime.memory()[0].arena }
  } finally {
    await runtime.close()
  }
}

it('recomputation leaves as little of the arena of the device as of the CPU, and the losses to the bit', async () => {
  const plain = await trained()
  for (const [policy, share] of [
    [sqrt(), 0.25],
    [everyN(2), 0.6],
  ] as const) {
    const { losses, arena } = await trained(policy)
    expect(losses).toEqual(plain.losses)
    expect(arena / plain.arena).toBeLessThanOrEqual(share)
  }
}, 300_000)
