import { cpu } from '@gradloom/backend-cpu'
import { createRng } from '@gradloom/ops'
import { sgd } from '@gradloom/optim'
import { afterAll, describe, expect, it } from 'vitest'
import { createRuntime, matmul, square, sum, tanh, tensor, type Tensor } from '../src/index.ts'

const rt = createRuntime({ backends: [cpu({ threads: 1, placement: 'inline' })] })
afterAll(() => rt.close())

const SIZE = 256
const BYTES = 4 * SIZE * SIZE

/** Bytes of the arena of a step in units of the weight's, whose gradient is the sum of what `build` uses it for. */
async function arenaOf(build: (w: Tensor, x: (name: string) => Tensor) => Tensor): Promise<number> {
  const env = rt.variables()
  env.name('w').set(createRng(1).normal([SIZE, SIZE], { std: 0.1 }))
  const names: string[] = []
  const step = env.compile((ctx) => {
    const w = ctx.variable('w')
    const x = (name: string): Tensor => {
      names.push(name)
      return ctx.placeholder(name, [4, SIZE])
    }
    const loss = build(w, x)
    return { loss, train: sgd({ learningRate: 0.1 }).minimize(loss, [w]) }
  })
  const feeds = Object.fromEntries(
    names.map((name, k) => [name, Float32Array.from({ length: 4 * SIZE }, (_, i) => Math.sin(i + k))]),
  )
  expect(Number.isFinite((await step(feeds)).loss.item())).toBe(true)
  return (await step.plan(feeds)).arenaBytes / BYTES
}

describe('the gradient of a weight that is used n times', () => {
  it.each([8, 64])('side by side takes the memory of a few of its terms, n = %i', async (n) => {
    const arena = await arenaOf((w, x) => {
      let loss = tensor(0)
      for (let i = 0; i < n; i++) loss = loss.add(sum(square(tanh(matmul(x(`x${i}`), w)))))
      return loss
    })
    expect(arena).toBeLessThan(6)
  })

  it('in a row takes the memory of a few of its terms', async () => {
    const arena = await arenaOf((w, x) => {
      let h = x('x')
      for (let i = 0; i < 64; i++) h = tanh(matmul(h, w))
      return sum(square(h))
    })
    expect(arena).toBeLessThan(6)
  })
})
