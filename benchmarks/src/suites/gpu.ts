import { webgpu } from '@gradloom/backend-webgpu'
import { createRuntime, matmul } from '@gradloom/core'
import { layerNorm, softmax } from '@gradloom/nn'
import { timeOf, type Kernel } from '../gpu/kernel.ts'
import { measurePeak, type Peak } from '../gpu/peak.ts'
import { pageGpu } from '../gpu/node.ts'
import { nodeHost } from '../hosts/node.ts'
import { batchOf, trainingFlops } from '../models/index.ts'
import type { Row } from '../report/row.ts'
import { digits, duration } from '../report/table.ts'
import type { Workload } from '../workload.ts'
import { workloads } from '../workloads.ts'
import { rounds } from './rounds.ts'
import { matches, type Suite } from './suite.ts'

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
  ...(small ? [[64, 256]] : [[16_384, 4096]]).flatMap(([rows, columns]): Kernel[] => [
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
    const peak: Peak = small ? await measurePeak(device, 64, 2 ** 22) : await measurePeak(device, 2 ** 15, 2 ** 29)
    console.log(`peak: ${digits(peak.gflops)} GFLOPS in float32, ${digits(peak.gigabytesPerSecond)} GB/s copied`)
    for (const kernel of chosen) {
      const ms = await timeOf(runtime, kernel, count)
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
