import { cpu } from '@gradloom/backend-cpu'
import { createRuntime, hostArray, matmul, transpose, type HostArray, type Runtime, type Tensor } from '@gradloom/core'
import { describe, expect, it, vi } from 'vitest'
import { webgpu, type WebgpuOptions } from '../src/index.ts'
import { tileOf } from '../src/kernels/tile.ts'
import { HARDWARE_TUNING, SOFTWARE_TUNING } from '../src/kernels/tuning.ts'
import { nodeGpu } from '../src/node.ts'

vi.setConfig({ testTimeout: 240_000 })

const noise = (size: number, seed: number): Float32Array<ArrayBuffer> =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * 12.9898 + seed * 78.233) * 1.5)

interface Case {
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
  readonly isTurned: boolean
  readonly bias: boolean
}
const cases: readonly Case[] = [
  // Whole tiles, and lines and terms that fill none.
  { batch: 1, m: 16, n: 24, k: 8, isTurned: false, bias: false },
  { batch: 3, m: 13, n: 20, k: 9, isTurned: true, bias: true },
  { batch: 1, m: 9, n: 10, k: 130, isTurned: false, bias: true },
  // Sums that are cut: a last part that is shorter, and one result.
  { batch: 1, m: 12, n: 8, k: 900, isTurned: true, bias: false },
  { batch: 2, m: 5, n: 3, k: 517, isTurned: false, bias: true },
  { batch: 1, m: 1, n: 1, k: 4096, isTurned: false, bias: true },
  // What workgroups take together: whole tiles, and lines and terms that fill none, read one by one.
  { batch: 2, m: 64, n: 64, k: 32, isTurned: true, bias: false },
  { batch: 1, m: 67, n: 101, k: 151, isTurned: false, bias: true },
  { batch: 1, m: 36, n: 68, k: 300, isTurned: true, bias: true },
]

async function results(runtime: Runtime, { batch, m, n, k, isTurned, bias }: Case): Promise<HostArray[]> {
  const env = runtime.variables()
  env.name('a').set(hostArray(noise(batch * m * k, 1), [batch, m, k]))
  env.name('b').set(hostArray(noise(batch * n * k, 2), isTurned ? [batch, n, k] : [batch, k, n]))
  env.name('c').set(hostArray(noise(n, 3), [n]))
  const step = env.compile((ctx) => {
    const b = ctx.variable('b')
    const product: Tensor = matmul(ctx.variable('a'), isTurned ? transpose(b, [0, 2, 1]) : b)
    return { y: bias ? product.add(ctx.variable('c')) : product }
  })
  return [(await step()).y, (await step()).y]
}

/** Adapters that want so much to do that sums are cut, and whose loads are so dear that tiles are largest. */
const tunings: readonly Required<WebgpuOptions>['tuning'][] = [
  { invocations: 1e6, dispatch: 0 },
  { invocations: 1, load: 1e3 },
  { invocations: 1, load: 0, dispatch: 0 },
  { invocations: 1e6, load: 1e6, workgroups: 1 },
  { invocations: 1e6, load: 1e6, dispatch: 0, workgroups: 100 },
]

describe('webgpu: products, whatever an adapter is tuned to', () => {
  it.each(tunings)('%o: those of the cpu, and the same bits each time', async (tuning) => {
    const device = createRuntime({ backends: [webgpu({ gpu: nodeGpu, tuning })] })
    const host = createRuntime({ backends: [cpu()] })
    for (const shape of cases) {
      const [[first, second], [wanted]] = [await results(device, shape), await results(host, shape)]
      expect(second.data).toEqual(first.data)
      const worst = Math.max(...[...wanted.data].map((w, i) => Math.abs(first.data[i] - w)))
      expect({ shape, isClose: worst < 1e-6 * shape.k + 1e-5 }).toEqual({ shape, isClose: true })
    }
    await Promise.all([device.close(), host.close()])
  })
})

describe('webgpu: the model of products', () => {
  it('tiles are large where there is enough to do, and small where there is not', () => {
    const large = { batch: 1, m: 4096, n: 4096, k: 4096 }
    expect(tileOf(large, HARDWARE_TUNING)).toEqual({ rows: 8, columns: 8, terms: 4096 })
    const small = tileOf({ batch: 1, m: 64, n: 64, k: 64 }, HARDWARE_TUNING)
    expect(small).toEqual({ rows: 1, columns: 1, terms: 64 })
  })
  it('a long sum of few results is cut where the adapter would idle', () => {
    const few = { batch: 1, m: 16, n: 16, k: 2 ** 20 }
    const { terms } = tileOf(few, HARDWARE_TUNING)
    expect(terms).toBeLessThan(2 ** 20)
    expect(terms % 128).toBe(0)
    expect(tileOf({ batch: 1, m: 512, n: 512, k: 2048 }, SOFTWARE_TUNING).terms).toBe(2048)
  })
})

describe('webgpu: tuning is data from elsewhere', () => {
  it.each([[{ invocations: NaN }], [{ load: -1 }], [{ dispatch: '5' }], [{ dispatch: Infinity }], [7]])(
    'what it cannot be is refused: %o',
    (tuning) => {
      expect(() => webgpu({ tuning: tuning as never })).toThrow(expect.objectContaining({ name: 'SettingError' }))
    },
  )
  it('names that it has not are refused', () => {
    expect(() => webgpu({ tuning: { tile: 4 } as never })).toThrow(expect.objectContaining({ name: 'NameError' }))
  })
})
