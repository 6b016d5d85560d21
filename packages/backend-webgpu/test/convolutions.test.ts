import { cpu } from '@gradloom/backend-cpu'
import { createRuntime, grad, hostArray, matmul, mean, reshape, zeros, type Runtime, type Tensor } from '@gradloom/core'
import { conv2d, maxPool2d, relu, sparseSoftmaxCrossEntropy } from '@gradloom/nn'
import { createRng } from '@gradloom/ops'
import { sgd } from '@gradloom/optim'
import { describe, expect, it, vi } from 'vitest'
import { webgpu } from '../src/index.ts'
import { nodeGpu } from '../src/node.ts'
import { watchedGpu } from './watched-gpu.ts'

// Shaders are compiled in software, on however few cores other tests leave.
vi.setConfig({ testTimeout: 240_000 })

const noise = (size: number, seed: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233) * 1.5)

interface Case {
  readonly x: readonly number[]
  readonly w: readonly number[]
  readonly conv: NonNullable<Parameters<typeof conv2d>[2]>
  readonly pool: number
}
const cases: readonly Case[] = [
  // Pooled by the convolution's own invocations: whole tiles, and lines and columns that fill none.
  { x: [2, 3, 14, 14], w: [16, 3, 3, 3], conv: { padding: 1 }, pool: 2 },
  { x: [1, 2, 9, 11], w: [5, 2, 3, 3], conv: { padding: 1 }, pool: 2 },
  { x: [2, 4, 7, 8], w: [6, 2, 2, 3], conv: { groups: 2 }, pool: 3 },
  // Kernels whose elements several invocations share, lines longer than what is loaded together, holes and strides.
  { x: [1, 2, 8, 23], w: [3, 2, 4, 7], conv: {}, pool: 1 },
  { x: [2, 1, 10, 13], w: [17, 1, 3, 3], conv: { stride: 2, dilation: 2, padding: 2 }, pool: 1 },
]

async function results(runtime: Runtime, { x, w, conv, pool }: Case): Promise<Float32Array[]> {
  const env = runtime.variables()
  const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)
  env.name('x').set(hostArray(noise(sizeOf(x), 1), x))
  env.name('w').set(hostArray(noise(sizeOf(w), 2), w))
  env.name('b').set(hostArray(noise(w[0], 3), [w[0], 1, 1]))
  const step = env.compile((ctx) => {
    const [image, weight, bias] = ['x', 'w', 'b'].map((name) => ctx.variable(name))
    const h = relu(conv2d(image, weight, conv).add(bias))
    const y: Tensor = pool > 1 ? maxPool2d(h, { kernelSize: pool }) : h
    const [dx, dw, db] = grad([y.mul(y)], [image, weight, bias])
    return { y, dx, dw, db }
  })
  const found = await step()
  return [found.y, found.dx, found.dw, found.db].map((r) => r.data as Float32Array)
}

describe('webgpu: convolutions with what stands behind them', () => {
  it.each(cases)('$x by $w, pooled by $pool: those of the cpu', async (one) => {
    const device = createRuntime({ backends: [webgpu({ gpu: nodeGpu })] })
    const host = createRuntime({ backends: [cpu()] })
    const [found, wanted] = [await results(device, one), await results(host, one)]
    wanted.forEach((data, k) => {
      const scale = Math.max(...data.map(Math.abs))
      const worst = Math.max(...data.map((v, i) => Math.abs(v - found[k][i])))
      expect({ k, isClose: worst <= 1e-5 * scale }).toEqual({ k, isClose: true })
    })
    await Promise.all([device.close(), host.close()])
  })

  it('padding is multiplied as other zeros are: by an infinite weight it gives NaN, as on the cpu', async () => {
    const x = hostArray(
      Float32Array.from({ length: 16 }, (_, i) => i + 1),
      [1, 1, 4, 4],
    )
    const all: number[][][] = []
    for (const backend of [webgpu({ gpu: nodeGpu }), cpu()]) {
      const runtime = createRuntime({ backends: [backend] })
      const env = runtime.variables()
      const step = env.compile((ctx) => ({
        y: conv2d(ctx.placeholder('x', [1, 1, 4, 4]), ctx.placeholder('w', [1, 1, 3, 3]), { padding: 1 }),
      }))
      const rows: number[][] = []
      for (const at of [0, 1, 3, 4]) {
        const w = Float32Array.from({ length: 9 }, (_, i) => (i === at ? Infinity : 1))
        rows.push([...(await step({ x, w: hostArray(w, [1, 1, 3, 3]) })).y.data])
      }
      all.push(rows)
      await runtime.close()
    }
    expect(all[0]).toEqual(all[1])
    // Above the first line, and left of each line.
    expect(all[0][1].map(Number.isNaN)).toEqual(Array.from({ length: 16 }, (_, i) => i < 4))
    expect(all[0][2].map(Number.isNaN)).toEqual(Array.from({ length: 16 }, (_, i) => i % 4 === 0))
  })
})

it('a training step of two convolutions, pooled, and a dense layer is at most 13 kernels', async () => {
  const watched = watchedGpu()
  const runtime = createRuntime({ backends: [webgpu({ gpu: watched.gpu })] })
  const variables = runtime.variables()
  const rng = createRng(1)
  variables.name('k1').set(rng.heUniform([8, 1, 3, 3]))
  variables.name('b1').set(zeros([8, 1, 1]))
  variables.name('k2').set(rng.heUniform([16, 8, 3, 3]))
  variables.name('b2').set(zeros([16, 1, 1]))
  variables.name('w').set(rng.glorotUniform([16 * 9, 10]))
  variables.name('b').set(zeros([10]))
  const step = variables.compile((ctx) => {
    const v = (name: string): Tensor => ctx.variable(name)
    const layer = (x: Tensor, i: number): Tensor =>
      maxPool2d(relu(conv2d(x, v(`k${i}`), { padding: 1 }).add(v(`b${i}`))), { kernelSize: 2 })
    const h = layer(layer(ctx.placeholder('images', [4, 1, 12, 12]), 1), 2)
    const scores = matmul(reshape(h, [4, -1]), v('w')).add(v('b'))
    const loss = mean(sparseSoftmaxCrossEntropy(scores, ctx.placeholder('labels', [4], 'int32')))
    return { loss, train: sgd({ learningRate: 0.01 }).minimize(loss, ctx.variables()) }
  })
  const feeds = { images: noise(4 * 144, 5), labels: Int32Array.of(1, 2, 3, 4) }
  await step(feeds)
  const before = watched.count('dispatchWorkgroups')
  await step(feeds)
  expect(watched.count('dispatchWorkgroups') - before).toBeLessThanOrEqual(13)
  await runtime.close()
})
