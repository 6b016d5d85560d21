// The worker that measures: a runtime for each column, one row after another.
import { assign, createRuntime, matmul, slice, type Runtime } from '@gradloom/core'
import { cpu } from '@gradloom/backend-cpu'
import { explain } from '@gradloom/inspect'
import { createRng } from '@gradloom/ops'
import { modelStep } from '../plan/models.ts'
import { clockTick, measure } from './measure.ts'
import type { Column, FromBench, Measured, RowName, ToBench } from './messages.ts'
import { cpuPeak, gpuPeak } from './peaks.ts'

const post = (message: FromBench): void => (globalThis as unknown as Worker).postMessage(message)

interface Work extends Pick<Measured, 'flops' | 'plans'> {
  run(): Promise<unknown>
  close(): void
}

/** What a row runs, whole. A product stays where it is, and one element of it is read: then it has been computed. */
async function workOf(row: RowName, runtime: Runtime): Promise<Work> {
  if (row === 'cnn' || row === 'gpt') {
    const { step, feeds, close } = modelStep(row, runtime)
    const plans = await step.plans({ ...feeds })
    const all = plans.map((plan) => explain(plan))
    const isKnown = all.every(({ unknown }) => unknown === 0)
    const flops = isKnown ? all.reduce((sum, one) => sum + one.flops, 0) : null
    return { flops, plans: plans.length, run: () => step({ ...feeds }), close }
  }
  const size = Number(row.split(' ')[1])
  const env = runtime.variables()
  const rng = createRng(1)
  for (const name of ['a', 'b', 'c']) env.name(name).set(rng.normal([size, size]))
  const step = env.compile((ctx) => {
    const product = matmul(ctx.variable('a'), ctx.variable('b'))
    const corner = slice(product, [
      [0, 1],
      [0, 1],
    ])
    return { corner, kept: assign(ctx.variable('c'), product) }
  })
  const { length } = await step.plans()
  return { flops: 2 * size ** 3, plans: length, run: () => step(), close: () => env.dispose() }
}

async function measured(row: RowName, runtime: Runtime, tickMs: number): Promise<Measured> {
  const { run, flops, plans, close } = await workOf(row, runtime)
  try {
    return { ...(await measure(run, tickMs)), flops, plans }
  } finally {
    close()
  }
}

interface Opened {
  readonly runtime: Runtime
  readonly device: string
  readonly peak: number
}

const onCpu = (threads: number): ReturnType<typeof cpu> => cpu({ threads: threads || 'auto', placement: 'inline' })

/** The words of an adapter, as far as the browser gives them. */
function nameOf({ info }: GPUAdapter): string {
  const { vendor, architecture, description } = info
  const name = description || [vendor, architecture].filter(Boolean).join(' ') || 'an adapter without a name'
  return /swiftshader|llvmpipe|software/i.test(`${vendor} ${architecture} ${description}`)
    ? `${name}, in software`
    : name
}

/** A column's runtime, or why there is none. */
async function opened({ backend, threads }: Column): Promise<Opened | string> {
  if (backend === 'cpu') {
    const peak = await cpuPeak(threads)
    return { runtime: createRuntime({ backends: [onCpu(threads)] }), device: '', peak }
  }
  const adapter = await navigator.gpu.requestAdapter()
  // An adapter gives one device.
  const other = await navigator.gpu.requestAdapter()
  if (!adapter || !other) return 'no adapter: the browser has WebGPU, but no graphics card for it'
  const { webgpu } = await import('@gradloom/backend-webgpu')
  const peak = await gpuPeak(other)
  const runtime = createRuntime({ backends: [webgpu({ adapter, mirrorBytes: 0 }), onCpu(0)] })
  return { runtime, device: nameOf(adapter), peak }
}

async function run({ rows, columns }: ToBench): Promise<void> {
  const tickMs = clockTick()
  let first: { row: RowName; median: number; threads: number } | undefined
  for (const column of columns) {
    const { name, threads } = column
    const found = await opened(column)
    if (typeof found === 'string') {
      post({ type: 'absent', column: name, reason: found })
      continue
    }
    const { runtime, device, peak } = found
    post({ type: 'device', column: name, device, peak })
    for (const row of rows) {
      post({ type: 'measuring', row, column: name })
      const one = await measured(row, runtime, tickMs)
      first ??= { row, median: one.median, threads }
      post({ type: 'measured', row, column: name, measured: one })
    }
    await runtime.close()
  }
  if (first) {
    const runtime = createRuntime({ backends: [onCpu(first.threads)] })
    const { median } = await measured(first.row, runtime, tickMs)
    await runtime.close()
    post({ type: 'again', change: median / first.median - 1 })
  }
  post({ type: 'done', tickMs })
}

addEventListener('message', ({ data }: MessageEvent<ToBench>) => {
  run(data).catch((error: unknown) => post({ type: 'failed', message: (error as Error).message }))
})
