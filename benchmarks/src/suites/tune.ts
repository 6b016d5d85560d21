import { writeFileSync } from 'node:fs'
import { webgpu, type Tuning } from '@gradloom/backend-webgpu'
import { createRuntime, matmul, sum } from '@gradloom/core'
import type { Flags } from '../flags.ts'
import { timeOf, type Kernel } from '../gpu/kernel.ts'
import type { Meter } from '../gpu/meter.ts'
import { pageGpu } from '../gpu/node.ts'
import { duration } from '../report/table.ts'

/** What is tried of each setting, one setting after another, the others as they are best so far. */
const candidates: readonly (readonly [name: keyof Tuning, values: readonly number[]])[] = [
  ['load', [1, 2, 4, 8, 16]],
  ['invocations', [64, 512, 4096, 16_384, 65_536]],
  ['waiting', [64, 4096, 65_536, 262_144]],
  ['dispatch', [1e4, 1e6, 1e8]],
  ['alone', [64, 4096, 2 ** 31]],
  ['workgroups', [0, 64, 256, 1024]],
  ['side', [4, 8, 16]],
]

const product = (m: number, n: number, k: number): Kernel => ({
  id: `${m} x ${k} x ${n}`,
  shapes: [
    [m, k],
    [k, n],
  ],
  body: (a, b) => matmul(a, b),
})
const rows = (count: number, length: number): Kernel => ({
  id: `sums of ${count} x ${length}`,
  shapes: [[count, length]],
  body: (x) => sum(x, { axis: 1 }),
})

/** A large product, a layer's, one with a long sum of few results, and rows. */
const kernels = (small: boolean): Kernel[] =>
  small
    ? [product(64, 64, 64), product(8, 8, 2048), rows(128, 256), rows(1, 2 ** 16)]
    : [
        product(2048, 2048, 2048),
        product(512, 768, 768),
        product(64, 64, 65_536),
        rows(4096, 1024),
        rows(16_384, 256),
        rows(1, 2 ** 24),
      ]

/** Measures what kernels are chosen by on the adapter at hand, and writes it as `webgpu({ tuning })` takes it. */
export async function tune({ small, json, rounds }: Flags): Promise<void> {
  const meter = await pageGpu()
  let best: Partial<Tuning> = {}
  const known = new Map<string, number>()
  for (const [name, values] of candidates) {
    let least = Infinity
    let chosen: number | null = null
    for (const value of values) {
      const tried = { ...best, [name]: value }
      const key = JSON.stringify(tried)
      const cost = known.get(key) ?? (await costOf(meter, tried, small, rounds))
      known.set(key, cost)
      console.log(`${name} ${value}: ${duration(Math.exp(cost))}`)
      if (cost >= least) continue
      least = cost
      chosen = value
    }
    best = { ...best, [name]: chosen! }
  }
  const { vendor, architecture, description } = meter.device!.adapterInfo
  const adapter = [vendor, architecture, description].filter(Boolean).join(' ')
  const text = `${JSON.stringify({ adapter, tuning: best }, null, 1)}\n`
  if (json !== null) writeFileSync(json, text)
  console.log(text)
}

/** The mean of the logarithms of all times, in which a kernel twice as fast counts the same whatever it takes. */
async function costOf(meter: Meter, tuning: Partial<Tuning>, small: boolean, rounds: number): Promise<number> {
  const runtime = createRuntime({ backends: [webgpu({ gpu: meter.gpu, mirrorBytes: 0, tuning })] })
  try {
    const all = kernels(small)
    let total = 0
    for (const kernel of all) total += Math.log(await timeOf(runtime, kernel, rounds))
    return total / all.length
  } finally {
    await runtime.close()
  }
}
