import { webgpu } from '@gradloom/backend-webgpu'
import { createRuntime, hostArray, matmul, type Runtime, type Tensor } from '@gradloom/core'
import { layerNorm, softmax } from '@gradloom/nn'
import { measurePeak, type Peak } from '../gpu/peak.ts'
import { pageGpu } from '../gpu/node.ts'
import type { Meter } from '../gpu/meter.ts'
import { nodeHost } from '../hosts/node.ts'
import { uniform } from '../inputs.ts'
import { batchOf, trainingFlops } from '../models/index.ts'
import type { Row } from '../report/row.ts'
import { digits, duration } from '../report/table.ts'
import { median } from '../session.ts'
import type { Workload } from '../workload.ts'
import { workloads } from '../workloads.ts'
import { rounds } from './rounds.ts'
import { matches, type Suite } from './suite.ts'

/** Something that is computed over and over, its result left on the device. */
interface Kernel {
  readonly id: string
  readonly shapes: readonly (readonly number[])[]
  readonly body: (...inputs: Tensor[]) => Tensor
  readonly flops?: number
  /** Bytes that must be read and written. */
  readonly bytes?: number
}

const kernels = (small: boolean): Kernel[] => [
  ...(small ? [64, 128, 256] : [1024, 2048, 4096]).map((n): Kernel => ({
    id: `matmul ${n}`,
    shapes: [
      [n, n],
      [n, n],
    ],
    body: (a, b) => matmul(a, b),
    flops: 2 * n ** 3,
  })),
  ...(small ? [[64, 256]] : [[4096, 4096]]).flatMap(([rows, columns]): Kernel[] => [
    {
      id: `softmax ${rows} x ${columns}`,
      shapes: [[rows, columns]],
      body: (x) => softmax(x),
      bytes: 8 * rows * columns,
    },
    {
      id: `layer norm ${rows} x ${columns}`,
      shapes: [[rows, columns], [columns], [columns]],
      body: (x, scale, bias) => layerNorm(x, { scale, bias }),
      bytes: 8 * rows * columns + 8 * columns,
    },
  ]),
]

const large: Workload = {
  id: 'gpt 12 x 768 step, adam',
  kind: 'train',
  model: 'gpt-large',
  optimizer: 'adam',
  batch: batchOf['gpt-large'],
  flops: trainingFlops('gpt-large', batchOf['gpt-large']),
  tolerance: 1e-3,
}
const steps = ['mlp step, batch 512, adam', 'cnn step, batch 32, sgd', 'gpt step, batch 8, adam']

/** Runs in a row, so that the device never waits for the host. */
const IN_A_ROW = 10

async function time(runtime: Runtime, meter: Meter, { shapes, body }: Kernel, count: number): Promise<number> {
  const env = runtime.variables()
  shapes.forEach((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1)
    env.name(`x${i}`).set(hostArray(uniform(size, i + 1, -1, 1), shape))
  })
  const step = env.compile((ctx) => ({ y: body(...shapes.map((_, i) => ctx.variable(`x${i}`))) }))
  const once = async (): Promise<void> => (await step({}, { keep: true })).y.dispose()
  const times: number[] = []
  for (let round = 0; round <= count; round++) {
    const begin = performance.now()
    for (let i = 0; i < IN_A_ROW; i++) await once()
    await meter.idle()
    // The first compiles.
    if (round) times.push((performance.now() - begin) / IN_A_ROW)
  }
  return median(times)
}

const row = (workload: string, adapter: string, ms: number, more: Partial<Row>): Row => ({
  suite: 'gpu',
  workload,
  host: `${nodeHost.name}, ${adapter}`,
  threads: 1,
  unit: 'ms',
  ms,
  peer: null,
  peerThreads: null,
  peerMs: null,
  ratio: null,
  gflops: null,
  note: null,
  ...more,
})

async function kernelRows(filter: string, count: number, small: boolean): Promise<Row[]> {
  const chosen = kernels(small).filter(({ id }) => matches(id, filter))
  if (chosen.length === 0) return []
  const meter = await pageGpu()
  const runtime = createRuntime({ backends: [webgpu({ gpu: meter.gpu, mirrorBytes: 0 })] })
  const rows: Row[] = []
  try {
    await runtime.ready()
    const device = meter.device!
    const { vendor, architecture, description } = device.adapterInfo
    const adapter = [vendor, architecture, description].filter(Boolean).join(' ')
    console.log(`adapter: ${adapter}`)
    const peak: Peak = small ? await measurePeak(device, 64, 2 ** 22) : await measurePeak(device, 2 ** 16, 2 ** 29)
    console.log(`peak: ${digits(peak.gflops)} GFLOPS in float32, ${digits(peak.gigabytesPerSecond)} GB/s copied`)
    for (const kernel of chosen) {
      const ms = await time(runtime, meter, kernel, count)
      const gflops = kernel.flops ? kernel.flops / ms / 1e6 : null
      const gigabytesPerSecond = kernel.bytes ? kernel.bytes / ms / 1e6 : null
      const share = gflops === null ? gigabytesPerSecond! / peak.gigabytesPerSecond : gflops / peak.gflops
      const rate = gflops === null ? `${digits(gigabytesPerSecond!)} GB/s` : `${digits(gflops)} GFLOPS`
      console.log(
        `${kernel.id.padEnd(32)} ${duration(ms).padStart(9)} ${rate.padStart(14)} ${(100 * share).toFixed(0)} %`,
      )
      rows.push(
        row(kernel.id, adapter, ms, { gflops, share, ...(gigabytesPerSecond !== null && { gigabytesPerSecond }) }),
      )
    }
  } finally {
    await runtime.close()
  }
  return rows
}

/** What a card does: products and rows against its own peak, and training beside PyTorch on the same card. */
export const gpuSuite: Suite = async (flags) => {
  const { filter, small, peers } = flags
  const trained = [...workloads.filter(({ id }) => steps.includes(id)), ...(small ? [] : [large])]
  const chosen = small ? trained.slice(0, 1) : trained
  return [
    ...(await kernelRows(filter, flags.rounds, small)),
    ...(await rounds(
      'gpu',
      nodeHost,
      peers
        ? [
            ['gradloom-webgpu', 1],
            ['pytorch-gpu', 1],
          ]
        : [['gradloom-webgpu', 1]],
      flags,
      chosen.filter(({ id }) => matches(id, filter)),
    )),
  ]
}
