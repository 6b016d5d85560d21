import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { rolldown } from 'rolldown'
import type { NodeWorker } from '../../src/index.ts'

/** Makes what starts executors from one bundled script, as the built package does: their start is quick. Those that it
 * started are in the list. */
export async function workerScript(): Promise<(started: Worker[]) => () => NodeWorker> {
  const bundle = await rolldown({
    input: fileURLToPath(new URL('../../src/worker/entry.ts', import.meta.url)),
    platform: 'node',
    resolve: { conditionNames: ['@gradloom/source', 'import', 'default'] },
  })
  const { output } = await bundle.generate({ format: 'iife' })
  await bundle.close()
  return (started) => () => {
    const worker = new Worker(output[0].code, { eval: true, execArgv: [] })
    started.push(worker)
    return worker
  }
}
