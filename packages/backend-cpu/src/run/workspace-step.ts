import { KernelError } from '@gradloom/core'
import { isCount, shown } from '@gradloom/core/extend'
import { blasBytes, createBlas, type BlasPlace } from '../blas/blas.ts'
import type { CpuWorkspaceKernel, PreparedCall, Tools } from '../kernels/workspace-kernel.ts'
import type { DeviceMemory } from '../memory/device-memory.ts'
import type { Team } from '../threads/team.ts'
import type { Gemm } from './gemm.ts'
import { refusePromise, viewsOf, type Call } from './named-step.ts'
import { aligned, type ReadyStep } from './step.ts'

const NUMBER = 8
const isWorkspaceKernel = (kernel: unknown): kernel is CpuWorkspaceKernel =>
  typeof kernel === 'object' && kernel !== null && 'prepare' in kernel

const KNOWN = /^(scratch|largest|run)$/

/** What `prepare` gave. @throws KernelError where it is not what a call made ready is */
function checkPrepared(name: string, prepared: PreparedCall): PreparedCall {
  refusePromise(name, prepared)
  const { scratch, largest, run } = Object(prepared) as PreparedCall
  const given = Object.entries(Object(prepared) as object)
  const isKnown = given.every(([key]) => KNOWN.test(key))
  if (isKnown && isCount(scratch) && isCount(largest) && typeof run === 'function') return prepared
  const got = given.map(([key, value]) => `${key} ${shown(value)}`).join(', ')
  throw new KernelError(
    `${name}: scratch and largest, whole numbers, and run required of prepare, no more, got ${got || shown(prepared)}`,
  )
}

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
  const prepared = checkPrepared(name, kernel.prepare({ inputs, outputs, attrs } as never))
  const { scratch: size, largest } = prepared
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
      refusePromise(name, prepared.run(arrays, tools))
    },
  }
}
