// The worker that measures: a runtime for each number of threads, one row after another.
import { createRuntime, matmul, type Runtime } from '@gradloom/core'
import { cpu } from '@gradloom/backend-cpu'
import { createRng } from '@gradloom/ops'
import { modelStep } from '../plan/models.ts'
import { clockTick, measure } from './measure.ts'
import type { FromBench, Measured, RowName, ToBench } from './messages.ts'

const post = (message: FromBench): void => (globalThis as unknown as Worker).postMessage(message)

interface Work {
  readonly flops: number | null
  run(): Promise<unknown>
  close(): void
}

/** What a row runs, whole: results are read back. */
async function workOf(row: RowName, runtime: Runtime): Promise<Work> {
  if (row === 'cnn' || row === 'gpt') {
    const { step, feeds, close } = modelStep(row, runtime)
    return { flops: null, run: () => step(feeds), close }
  }
  const size = Number(row.split(' ')[1])
  const env = runtime.variables()
  const rng = createRng(1)
  env.name('a').set(rng.normal([size, size]))
  env.name('b').set(rng.normal([size, size]))
  const step = env.compile((ctx) => ({ product: matmul(ctx.variable('a'), ctx.variable('b')) }))
  const run = async (): Promise<void> => {
    const { product } = await step({}, { keep: true })
    product.dispose()
  }
  return { flops: 2 * size ** 3, run, close: () => env.dispose() }
}

async function measured(row: RowName, runtime: Runtime, tickMs: number): Promise<Measured> {
  const work = await workOf(row, runtime)
  try {
    return await measure(work.run, tickMs, work.flops)
  } finally {
    work.close()
  }
}

async function run({ rows, columns }: ToBench): Promise<void> {
  const tickMs = clockTick()
  let first: { row: RowName; median: number; threads: number } | undefined
  for (const { name, threads } of columns) {
    const runtime = createRuntime({ backends: [cpu({ threads: threads || 'auto', placement: 'inline' })] })
    for (const row of rows) {
      post({ type: 'measuring', row, column: name })
      const found = await measured(row, runtime, tickMs)
      first ??= { row, median: found.median, threads }
      post({ type: 'measured', row, column: name, measured: found })
    }
    await runtime.close()
  }
  if (first) {
    const runtime = createRuntime({ backends: [cpu({ threads: first.threads || 'auto', placement: 'inline' })] })
    const { median } = await measured(first.row, runtime, tickMs)
    await runtime.close()
    post({ type: 'again', change: median / first.median - 1 })
  }
  post({ type: 'done', tickMs })
}

addEventListener('message', ({ data }: MessageEvent<ToBench>) => {
  run(data).catch((error: unknown) => post({ type: 'failed', message: (error as Error).message }))
})
