import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import { measurePeak, type Peak } from './peak.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly platform: string
  readonly node: string
  /** Of the minute before: what else works here slows everyone down, threads most. */
  readonly loadAverage: number
  readonly peakGflops: Peak
}

export const describeMachine = async (): Promise<Machine> => ({
  cpu: cpus()[0].model.trim(),
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  node: process.versions.node,
  loadAverage: loadavg()[0],
  peakGflops: await measurePeak(),
})
