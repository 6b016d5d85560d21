import { availableParallelism, cpus, totalmem } from 'node:os'
import { measurePeak, type Peak } from './peak.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly platform: string
  readonly node: string
  readonly peakGflops: Peak
}

export const describeMachine = async (): Promise<Machine> => ({
  cpu: cpus()[0].model.trim(),
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  platform: `${process.platform} ${process.arch}`,
  node: process.versions.node,
  peakGflops: await measurePeak(),
})
