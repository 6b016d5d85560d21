import { BackendError, byteSize, DisposedError, KernelError, type DeviceBuffer, type DType, type Executable, type Plan, type Step, type TypedArray } from '@gradloom/core'
import type { WasmModules } from '../kernels/modules.ts'
import type { CompiledLoop } from '../loop/compiler.ts'
import { liveBuffer, type CpuBuffer } from '../memory/cpu-buffer.ts'
import type { DeviceMemory } from '../memory/device-memory.ts'
import { gemmStep } from './contraction.ts'
import { deviceStep } from './device-step.ts'
import { explain } from './explain.ts'
import type { Gemm } from './gemm.ts'
import { largestBuffers } from './largest.ts'
import { findKernel, namedStep } from './named-step.ts'

/** What an executable takes from its backend. */
export interface Owner {
  readonly device: DeviceMemory
  readonly gemm: Gemm
  readonly modules: WasmModules
  readonly closed: () => boolean
  /** Allocates memory that counts as the arena's. */
  reserve(byteLength: number, describe: () => string): number
  release(address: number, byteLength: number): void
  keep(dtype: DType, size: number): CpuBuffer
}

const WORD = 4

/** Readies a plan: one block of memory holds its arena, scratch space and the kernels' address tables; feeds get room when
 * host data first comes for them. Runs allocate nothing but results. @throws OutOfMemoryError, KernelError */
export function createExecutable(plan: Plan, loops: ReadonlyMap<Step, CompiledLoop>, kernels: ReadonlyMap<string, unknown>, owner: Owner): Required<Executable> {
  const { device } = owner
  const gemms = new Map(plan.steps.map((s) => [s, s.type === 'contraction' && !loops.has(s) ? gemmStep(s, owner.gemm) : null]))
  const readied = new Map(plan.steps.map((s) => [s, s.type === 'kernel' ? deviceStep(s, kernels, owner.modules) : null]))
  const found = new Map(plan.steps.map((s) => [s, s.type === 'kernel' && !readied.get(s) ? findKernel(s.name, kernels) : null]))
  const scratchBytes = Math.max(0, ...[...gemms.values(), ...readied.values()].map((g) => g?.scratchBytes ?? 0))
  const tableWords = [...loops.values()].map(({ table }) => table.length).concat([...readied.values()].map((r) => r?.tables.length ?? 0))
  const tableBytes = WORD * tableWords.reduce((sum, n) => sum + n, 0)
  const arenaBytes = Math.ceil(plan.arenaBytes / 64) * 64, blockBytes = arenaBytes + scratchBytes + tableBytes
  const block = owner.reserve(blockBytes, () => largestBuffers(plan)), scratch = block + arenaBytes, tables = scratch + scratchBytes
  const room: { address: number; byteLength: number }[] = [{ address: block, byteLength: blockBytes }]
  const slots = new Map<number, number>()
  let disposed = false

  const addresses = plan.buffers.map((b) => (b.kind === 'arena' ? block + b.byteOffset : 0))
  /** Table entries that follow an input: where to write, and bytes into the input. */
  const patches: { readonly at: number; readonly byteOffset: number }[][] = plan.inputs.map(() => [])
  const inputOf = new Map(plan.buffers.flatMap((b, i) => (b.kind === 'input' ? [[i, b.input] as const] : [])))
  let words = device.view('int32', 0, device.memory.buffer.byteLength / WORD)
  const refresh = (): boolean => {
    if (words.buffer === device.memory.buffer) return false
    words = device.view('int32', 0, device.memory.buffer.byteLength / WORD)
    return true
  }

  let at = tables / WORD
  const work = plan.steps.map((step): (() => void) => {
    const loop = loops.get(step), gemm = gemms.get(step), ready = readied.get(step)
    if (loop) {
      const table = at * WORD
      for (const { buffer, byteOffset } of loop.table) {
        const input = inputOf.get(buffer)
        if (input === undefined) words[at] = addresses[buffer] + byteOffset
        else patches[input].push({ at, byteOffset })
        at++
      }
      const { call, outerSize, grain } = loop
      return () => { for (let begin = 0; begin < outerSize; begin += grain) call(table, begin, Math.min(begin + grain, outerSize)) }
    }
    if (gemm) return () => gemm.run(addresses, scratch)
    if (ready) {
      const table = at * WORD
      words.set(ready.tables, at)
      at += ready.tables.length
      return () => ready.run(addresses, scratch, table)
    }
    return namedStep(step as Extract<Step, { type: 'kernel' }>, found.get(step)!, addresses, device)
  })

  const bind = (i: number, value: TypedArray | DeviceBuffer): void => {
    const { dtype, buffer } = plan.inputs[i], { size } = plan.buffers[buffer]
    let address: number
    if (ArrayBuffer.isView(value)) {
      if (value.length !== size) throw new KernelError(`cpu: input ${plan.inputs[i].name} must have ${size} elements, got ${value.length}`)
      let slot = slots.get(i)
      if (slot === undefined) {
        const byteLength = byteSize(dtype) * size
        slot = owner.reserve(byteLength, () => largestBuffers(plan))
        slots.set(i, slot)
        room.push({ address: slot, byteLength })
      }
      device.write(value, dtype, slot)
      address = slot
    } else address = liveBuffer(value, device).address
    if (address === addresses[buffer]) return
    addresses[buffer] = address
    refresh()
    for (const p of patches[i]) words[p.at] = address + p.byteOffset
  }

  const runSync: Required<Executable>['runSync'] = (inputs, keep) => {
    if (owner.closed()) throw new BackendError('cpu: an open backend required, got one that was closed')
    if (disposed) throw new DisposedError('cpu: a live executable required, got a disposed one')
    inputs.forEach((value, i) => bind(i, value))
    for (let i = 0; i < work.length; i++) {
      try {
        work[i]()
      } catch (error) {
        throw explain(error, plan.steps[i])
      }
    }
    return plan.outputs.map(({ buffer, dtype }, i) => {
      const { size } = plan.buffers[buffer]
      if (!keep[i]) return device.read(dtype, addresses[buffer], size)
      const kept = owner.keep(dtype, size)
      device.copy(addresses[buffer], kept.address, byteSize(dtype) * size)
      return kept
    })
  }
  return {
    runSync,
    run: async (inputs, keep) => runSync(inputs, keep),
    dispose: () => {
      if (disposed) return
      disposed = true
      for (const { address, byteLength } of room) owner.release(address, byteLength)
    },
  }
}
