import { webgpu } from '@gradloom/backend-webgpu'
import { nodeGpu } from '@gradloom/backend-webgpu/node'
import { createRuntime } from '@gradloom/core'
import { gradloomOn } from '../contenders/gradloom.ts'
import type { Row } from '../report/row.ts'
import { digits } from '../report/table.ts'
import type { Workload } from '../workload.ts'
import { chosen, type Suite } from './suite.ts'

/** What a device was asked for since the last look, and when work was last handed to it. */
interface Counts {
  dispatches: number
  submits: number
  /** Microseconds of this thread's processor time. */
  submittedAt: number
}

/** Microseconds that the processor has worked for this thread, which others on the machine do not lengthen. */
const worked = (): number => {
  const { user, system } = process.threadCpuUsage()
  return user + system
}

/** WebGPU in Node whose devices count. */
async function countingGpu(counts: Counts): Promise<GPU> {
  const real = await nodeGpu()
  const replace = <T extends object>(target: T, name: keyof T & string, by: (own: () => unknown) => unknown): void => {
    const method = target[name] as (...args: unknown[]) => unknown
    Object.defineProperty(target, name, { value: (...args: unknown[]) => by(() => method.apply(target, args)) })
  }
  const watch = (device: GPUDevice): GPUDevice => {
    replace(device.queue, 'submit', (own) => {
      counts.submits++
      own()
      counts.submittedAt = worked()
    })
    replace(device, 'createCommandEncoder', (makeEncoder) => {
      const encoder = makeEncoder() as GPUCommandEncoder
      replace(encoder, 'beginComputePass', (begin) => {
        const pass = begin() as GPUComputePassEncoder
        replace(pass, 'dispatchWorkgroups', (own) => {
          counts.dispatches++
          own()
        })
        return pass
      })
      return encoder
    })
    return device
  }
  const requestAdapter: GPU['requestAdapter'] = async (options) => {
    const adapter = await real.requestAdapter(options)
    if (adapter) replace(adapter, 'requestDevice', async (own) => watch((await own()) as GPUDevice))
    return adapter
  }
  return { requestAdapter, real } as unknown as GPU
}

/** In float32, of sizes that an adapter in software can do. */
const isSmall = (w: Workload): boolean => {
  if (w.kind === 'matmul') return w.dtype === 'float32' && w.size <= 512
  return w.kind === 'train' || w.kind === 'softmax' || w.kind === 'layerNorm'
}
const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

/** WebGPU in Node, on what adapter there is: milliseconds of a run, and what is the same on any machine: dispatches and
 * submits of a run, and the processor time from the call until the GPU has its work. */
export const webgpuSuite: Suite = async ({ filter, rounds, peers }) => {
  if (peers) console.log('webgpu: peers are not measured in Node, where they have no WebGPU')
  const counts: Counts = { dispatches: 0, submits: 0, submittedAt: 0 }
  const rows: Row[] = []
  for (const workload of chosen(filter).filter(isSmall)) {
    const runtime = createRuntime({ backends: [webgpu({ gpu: () => countingGpu(counts), mirrorBytes: 0 })] })
    const run = await gradloomOn(runtime, workload)
    // The first compiles, the second makes bind groups.
    await run()
    await run()
    Object.assign(counts, { dispatches: 0, submits: 0 })
    const times: number[] = []
    const hostTimes: number[] = []
    for (let i = 0; i < rounds; i++) {
      const begin = performance.now()
      const before = worked()
      await run()
      times.push(performance.now() - begin)
      hostTimes.push((counts.submittedAt - before) / 1000)
    }
    await runtime.close()
    const ms = median(times)
    const row: Row = {
      suite: 'webgpu',
      workload: workload.id,
      host: 'node',
      threads: 1,
      unit: 'ms',
      ms,
      peer: null,
      peerThreads: null,
      peerMs: null,
      ratio: null,
      gflops: workload.flops ? workload.flops / ms / 1e6 : null,
      note: null,
      dispatches: counts.dispatches / rounds,
      submits: counts.submits / rounds,
      hostMs: median(hostTimes),
    }
    rows.push(row)
    console.log(
      `${workload.id.padEnd(56)} ${digits(ms).padStart(8)} ms  host ${digits(row.hostMs!)} ms  ` +
        `${row.dispatches} dispatches, ${row.submits} submits`,
    )
  }
  return rows
}
