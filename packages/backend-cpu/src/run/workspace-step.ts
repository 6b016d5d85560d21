import { blasBytes, createBlas, type BlasPlace } from '../blas/blas.ts'
import type { CpuWorkspaceKernel, Tools } from '../kernels/workspace-kernel.ts'
import type { DeviceMemory } from '../memory/device-memory.ts'
import type { Team } from '../threads/team.ts'
import type { Gemm } from './gemm.ts'
import { refusePromise, viewsOf, type Call } from './named-step.ts'
import { aligned, type ReadyStep } from './step.ts'

const NUMBER = 8
const isWorkspaceKernel = (kernel: unknown): kernel is CpuWorkspaceKernel =>
  typeof kernel === 'object' && kernel !== null && 'prepare' in kernel

/** The step of a call that a plugin brings a kernel with a workspace for: scratch memory, then what BLAS needs. */
export function workspaceStep(
  { name, inputs, outputs, attrs }: Call,
  kernels: ReadonlyMap<string, unknown>,
  device: DeviceMemory,
  gemm: Gemm,
  team: Team,
): ReadyStep | null {
  const kernel = kernels.get(name)
  if (!isWorkspaceKernel(kernel)) return null
  const { scratch: size, largest, run } = kernel.prepare({ inputs, outputs, attrs } as never)
  const blasAt = aligned(NUMBER * size)
  const where: BlasPlace = { at: 0, buffer: new ArrayBuffer(0) }
  const blas = createBlas(name, largest, gemm, team, where)
  let tools: Tools = { scratch: new Float64Array(0), blas }
  return {
    words: new Int32Array(0),
    pointers: [],
    scratchBytes: blasAt + blasBytes(largest, team.threads),
    run: ({ buffers, scratch }) => {
      const { buffer } = device.memory
      if (where.buffer !== buffer || where.at !== scratch + blasAt) {
        where.buffer = buffer
        where.at = scratch + blasAt
        tools = { scratch: new Float64Array(buffer, scratch, size), blas }
      }
      const arrays = { inputs: viewsOf(inputs, buffers, device), outputs: viewsOf(outputs, buffers, device) }
      refusePromise(name, run(arrays, tools))
    },
  }
}
