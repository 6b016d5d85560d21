import {
  BackendError,
  byteSize,
  DisposedError,
  KernelError,
  type DeviceBuffer,
  type DType,
  type Executable,
  type Plan,
  type Step,
  type TypedArray,
} from '@gradloom/core'
import { liveBuffer, type CpuBuffer } from '../memory/cpu-buffer.ts'
import type { DeviceMemory } from '../memory/device-memory.ts'
import { largestBuffers } from './largest.ts'
import { createSequence } from './sequence.ts'
import type { ReadyStep } from './step.ts'

/** What an executable takes from its backend. */
export interface Owner {
  readonly device: DeviceMemory
  readonly closed: () => boolean
  /** Allocates memory that counts as the arena's. */
  reserve(byteLength: number, describe: () => string): number
  release(address: number, byteLength: number): void
  keep(dtype: DType, size: number): CpuBuffer
}

/** Readies a plan: one block of memory holds its arena, scratch space and descriptors; feeds get room when host data
 * first comes for them.
 * Runs allocate nothing but results. @throws OutOfMemoryError, KernelError */
export function createExecutable(plan: Plan, ready: (step: Step) => ReadyStep, owner: Owner): Required<Executable> {
  const { device } = owner
  const sequence = createSequence(plan, ready, device)
  const { addresses } = sequence
  const room: { address: number; byteLength: number }[] = []
  const slots = new Map<number, number>()
  const reserve = (byteLength: number): number => {
    const address = owner.reserve(byteLength, () => largestBuffers(plan))
    room.push({ address, byteLength })
    return address
  }
  sequence.place(reserve(sequence.byteLength))
  let disposed = false

  const bind = (i: number, value: TypedArray | DeviceBuffer): void => {
    const { dtype, buffer, name } = plan.inputs[i]
    const { size } = plan.buffers[buffer]
    let address: number
    if (ArrayBuffer.isView(value)) {
      if (value.length !== size)
        throw new KernelError(`cpu: input ${name} must have ${size} elements, got ${value.length}`)
      address = slots.get(i) ?? reserve(byteSize(dtype) * size)
      slots.set(i, address)
      device.write(value, dtype, address)
    } else address = liveBuffer(value, device).address
    if (address !== addresses[buffer]) sequence.point(buffer, address)
  }

  const runSync: Required<Executable>['runSync'] = (inputs, keep) => {
    if (owner.closed()) throw new BackendError('cpu: an open backend required, got one that was closed')
    if (disposed) throw new DisposedError('cpu: a live executable required, got a disposed one')
    inputs.forEach((value, i) => bind(i, value))
    sequence.run()
    return plan.outputs.map(({ buffer, dtype }, i) => {
      const { size } = plan.buffers[buffer]
      if (!keep[i]) return device.read(dtype, addresses[buffer], size)
      const kept = owner.keep(dtype, size)
      device.copy(addresses[buffer], kept.address, byteSize(dtype) * size)
      return kept
    })
  }
  return {
    byteLength: 0,
    runSync,
    run: async (inputs, keep) => runSync(inputs, keep),
    dispose: () => {
      if (disposed) return
      disposed = true
      for (const { address, byteLength } of room) owner.release(address, byteLength)
    },
  }
}
