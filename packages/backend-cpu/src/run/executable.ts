import {
  byteSize,
  KernelError,
  type DeviceBuffer,
  type DType,
  type Bindings,
  type Executable,
  type Plan,
  type Step,
  type TypedArray,
} from '@gradloom/core'
import { largestBuffers } from '@gradloom/core/extend'
import { closedError, disposedError, liveBuffer } from '../errors.ts'
import type { Arena } from '../memory/arena.ts'
import type { CpuBuffer } from '../memory/cpu-buffer.ts'
import type { DeviceMemory } from '../memory/device-memory.ts'
import type { Team } from '../threads/team.ts'
import { directOutputs, fillsZeros } from './results.ts'
import { createSequence } from './sequence.ts'
import { timed } from './timed.ts'
import { aligned, type Note, type ReadyStep } from './step.ts'

/** What an executable takes from its backend. */
export interface Owner {
  readonly device: DeviceMemory
  readonly arena: Arena
  readonly team: Pick<Team, 'watched'>
  readonly closed: () => boolean
  /** Room for a result; `isZero`: of zeros. */
  keep(dtype: DType, size: number, isZero?: boolean): CpuBuffer
}

/** Readies a plan: its descriptors get a block of their own, everything else that it needs lies in the arena that plans
 * share; so do feeds, from when host data first comes for them. Runs allocate nothing but results. `codeBytes`: of the
 * code that was compiled for it. @throws OutOfMemoryError, KernelError */
export function createExecutable(
  plan: Plan,
  ready: (step: Step) => ReadyStep,
  { device, arena, team, closed, keep: keepBuffer }: Owner,
  codeBytes: number,
): Required<Executable> {
  const sequence = createSequence(plan, ready, device)
  const { addresses } = sequence
  const describe = (): string => largestBuffers(plan)
  const direct = directOutputs(plan)
  const fillsOnly = fillsZeros(plan)
  /** Where in the arena the host data of an input goes. */
  const slots = new Map<number, number>()
  let end = sequence.sharedBytes
  let claimed = end
  let base = -1
  let disposed = false

  arena.claim(sequence, claimed, describe)
  const own = tableRoom()
  sequence.place(own)

  function tableRoom(): number {
    try {
      return device.allocate(sequence.ownBytes, describe)
    } catch (error) {
      arena.release(sequence)
      throw error
    }
  }
  const check = (i: number, value: TypedArray | DeviceBuffer): void => {
    if (!ArrayBuffer.isView(value)) return void liveBuffer(value, device)
    const { dtype, buffer, name } = plan.inputs[i]
    const { size } = plan.buffers[buffer]
    if (value.length !== size)
      throw new KernelError(`cpu: input ${name} must have ${size} elements, got ${value.length}`)
    if (slots.has(i)) return
    slots.set(i, end)
    end += aligned(byteSize(dtype) * size)
  }
  const bind = (i: number, value: TypedArray | DeviceBuffer): void => {
    const { dtype, buffer } = plan.inputs[i]
    const isHost = ArrayBuffer.isView(value)
    const address = isHost ? base + slots.get(i)! : (value as CpuBuffer).address
    if (isHost) device.write(value, dtype, address)
    if (address !== addresses[buffer]) sequence.point(buffer, address)
  }
  const results = (keep: readonly boolean[]): (CpuBuffer | null)[] => {
    const kept: (CpuBuffer | null)[] = []
    try {
      for (const [i, { buffer, dtype }] of plan.outputs.entries())
        kept.push(keep[i] ? keepBuffer(dtype, plan.buffers[buffer].size, fillsOnly) : null)
      return kept
    } catch (error) {
      dispose(kept)
      throw error
    }
  }

  const hasScratch = sequence.sharedBytes > aligned(plan.arenaBytes)
  const isAllDirect = plan.buffers.filter((b) => b.kind === 'arena').length === direct.length
  const isArenaWritten = (kept: readonly (CpuBuffer | null)[]): boolean =>
    hasScratch || slots.size > 0 || !isAllDirect || direct.some(({ output }) => !kept[output])

  const runSync = (inputs: Bindings, keep: readonly boolean[], note?: Note): (TypedArray | DeviceBuffer)[] => {
    if (closed()) throw closedError()
    if (disposed) throw disposedError('executable')
    inputs.forEach((value, i) => check(i, value))
    if (end > claimed) arena.claim(sequence, end, describe)
    claimed = end
    // Room for results before anything changes: a run that has none leaves its inputs alone.
    const kept = results(keep)
    try {
      if (fillsOnly && !note && kept.every((to) => to !== null)) return kept
      return arena.use(isArenaWritten(kept), (address) => {
        if (address !== base) sequence.move(address)
        base = address
        inputs.forEach((value, i) => bind(i, value))
        for (const { output, buffer, byteOffset } of direct) {
          const to = kept[output]?.address ?? base + byteOffset
          if (to !== addresses[buffer]) sequence.point(buffer, to)
        }
        sequence.run(note)
        return plan.outputs.map(({ buffer, dtype }, i) => {
          const { size } = plan.buffers[buffer]
          const to = kept[i]
          if (!to) return device.read(dtype, addresses[buffer], size)
          if (to.address !== addresses[buffer]) device.copy(addresses[buffer], to.address, byteSize(dtype) * size)
          return to
        })
      })
    } catch (error) {
      dispose(kept)
      throw error
    }
  }
  return {
    // Descriptors are kept as they begin, too.
    byteLength: 2 * sequence.ownBytes + codeBytes,
    runSync: (inputs, keep) => runSync(inputs, keep),
    // Inputs are read before it returns.
    run: async (inputs, keep) => runSync(inputs, keep),
    profile: async (inputs, keep) => timed(team, (note) => runSync(inputs, keep, note)),
    dispose: () => {
      if (disposed) return
      disposed = true
      device.free(own)
      arena.release(sequence)
    },
  }
}

const dispose = (buffers: readonly (CpuBuffer | null)[]): void => {
  for (const b of buffers) b?.dispose()
}
