import {
  allocate,
  KernelError,
  type Bindings,
  type DType,
  type Executable,
  type Plan,
  type TypedArray,
} from '@gradloom/core'
import type { Arena } from '../device/arena.ts'
import { liveBuffer, type GpuBuffer } from '../device/gpu-buffer.ts'
import { aligned } from '../device/limits.ts'
import type { Pipeline } from '../device/pipelines.ts'
import type { Block } from '../device/pool.ts'
import { refresh, type Session } from '../device/session.ts'
import { USAGE } from '../device/usage.ts'
import { readWords, wordBytes } from '../device/words.ts'
import { disposedError } from '../errors.ts'
import { createBindGroups } from './bind-groups.ts'
import type { Program } from './compile.ts'
import { FAULT } from './fault.ts'
import { createFeedRoom } from './feed-room.ts'
import { folded } from './fold.ts'

/** What an executable takes from its backend. */
export interface Owner {
  /** What its buffers say that they belong to. */
  readonly identity: object
  readonly session: Session
  readonly arena: Arena
  /** Runs that write more bytes keep no copy of them on the host. */
  readonly mirrorBytes: number
  keep(dtype: DType, size: number): GpuBuffer
  /** @throws BackendError where the backend was closed */
  open(): void
}

/** Where a result goes in the staging block, and what is made of it. */
interface Landing {
  readonly from: Block
  readonly fromOffset: number
  readonly offset: number
  readonly byteLength: number
}

/** A plan as one command buffer: a run binds inputs, records, submits, and reads one block back. In a run like the one
 * before nothing is created. */
export function createExecutable(
  plan: Plan,
  program: Program,
  pipelines: readonly Pipeline[],
  owner: Owner,
): Executable {
  const { identity, session, arena, mirrorBytes } = owner
  const { device, limits, values, staging } = session
  const { dispatches, commands, blocks, controlWords, faults } = program
  const sizes = dispatches.map((d) => folded(d.workgroups, limits.maxComputeWorkgroupsPerDimension))
  const self = {}
  arena.claim(self, program.arenaBytes)
  const control = controlWords ? values.take(4 * controlWords, 'control words') : null
  const moving = blocks.length ? createMoving(session, blocks) : null
  const groups = createBindGroups(session, dispatches, pipelines, control)
  const feeds = createFeedRoom(plan, session)
  const written = plan.inputs.flatMap(({ written: is }, i) => (is ? [i] : []))
  const bytesOf = (buffers: readonly number[]): number =>
    buffers.reduce((sum, b) => sum + wordBytes(plan.buffers[b].size, plan.buffers[b].dtype), 0)
  const writtenBytes = bytesOf(written.map((i) => plan.inputs[i].buffer))
  let disposed = false

  const record = (encoder: GPUCommandEncoder, roots: readonly (Block | null)[]): void => {
    if (control) encoder.clearBuffer(control.gpu, 0, 4 * controlWords)
    const bound = groups.of(roots, feeds, arena.block)
    const pass = encoder.beginComputePass()
    let last: Pipeline | null = null
    for (const { dispatch, block } of commands) {
      const pipeline = pipelines[dispatch]
      if (pipeline !== last) pass.setPipeline(pipeline.gpu)
      last = pipeline
      pass.setBindGroup(0, bound[dispatch])
      if (block >= 0) pass.setBindGroup(1, moving!.groupOf(dispatches[dispatch].bases.length), [block * moving!.stride])
      pass.dispatchWorkgroups(...sizes[dispatch])
    }
    pass.end()
  }

  const run: Executable['run'] = async (inputs, keep) => {
    owner.open()
    if (disposed) throw disposedError('executable')
    const bound = inputs.map((value) => (ArrayBuffer.isView(value) ? null : liveBuffer(value, identity)))
    inputs.forEach((value, i) => checkSize(plan, i, value))
    const kept: (GpuBuffer | null)[] = []
    let to: Block | null = null
    const landings: Landing[] = []
    let bytes = 0
    const land = (from: Block, fromOffset: number, byteLength: number): number => {
      const offset = bytes
      landings.push({ from, fromOffset, offset, byteLength })
      bytes += Math.ceil(byteLength / 8) * 8
      return offset
    }
    const mirrors: { buffer: GpuBuffer; offset: number }[] = []
    const mirror = (buffer: GpuBuffer): void => {
      mirrors.push({ buffer, offset: land(buffer.block, 0, wordBytes(buffer.size, buffer.dtype)) })
    }
    /** The data of a result that is a feed, which need not go to the device and back. */
    const given = (i: number): TypedArray | null => {
      const b = plan.buffers[plan.outputs[i].buffer]
      const value = b.kind === 'input' && !keep[i] ? inputs[b.input] : null
      return value && ArrayBuffer.isView(value) ? value : null
    }
    const copies = plan.outputs.map((_, i) => given(i)?.slice())
    let faultAt = 0
    const issue = (): void => {
      const roots = bound.map((b) => b?.block ?? null)
      feeds.write(inputs)
      const encoder = device.createCommandEncoder()
      record(encoder, roots)
      const placeOf = (buffer: number): { readonly block: Block; readonly offset: number } => {
        const b = plan.buffers[buffer]
        if (b.kind === 'arena') return { block: arena.block, offset: b.byteOffset }
        const block = roots[b.input]
        return block ? { block, offset: 0 } : { block: feeds.block!, offset: feeds.offsetOf(b.input) }
      }
      offsets = plan.outputs.map(({ buffer, dtype }, i) => {
        const { size } = plan.buffers[buffer]
        if (given(i)) return -1
        const { block, offset } = placeOf(buffer)
        const byteLength = wordBytes(size, dtype)
        if (!keep[i]) return size ? land(block, offset, byteLength) : -1
        const value = owner.keep(dtype, size)
        kept[i] = value
        if (size) encoder.copyBufferToBuffer(block.gpu, offset, value.block.gpu, 0, byteLength)
        return -1
      })
      if (control && faults.length) faultAt = land(control, 0, 16)
      const lasting = [...written.map((i) => bound[i]!), ...kept.filter((b) => b !== null && b !== undefined)]
      const keptBytes = bytesOf(plan.outputs.flatMap(({ buffer }, i) => (keep[i] ? [buffer] : [])))
      const keepsCopy = writtenBytes + keptBytes <= mirrorBytes
      for (const buffer of lasting) {
        if (keepsCopy) mirror(buffer)
        else buffer.mirror = null
      }
      if (bytes) {
        to = staging.take(bytes, 'results')
        for (const { from, fromOffset, offset, byteLength } of landings)
          encoder.copyBufferToBuffer(from.gpu, fromOffset, to.gpu, offset, byteLength)
      }
      device.queue.submit([encoder.finish()])
    }
    let offsets: number[] = []
    try {
      const { verdict } = session.watched('a run', issue)
      if (!to) {
        await verdict
        return plan.outputs.map(
          ({ buffer, dtype }, i) => kept[i] ?? copies[i] ?? allocate(dtype, plan.buffers[buffer].size),
        )
      }
      const block: Block = to
      const taken = session.mapped(block, bytes, (from) => {
        const failed = control && faults.length ? new Uint32Array(from, faultAt, 4) : null
        if (failed && failed[FAULT.number])
          throw faults[failed[FAULT.number] - 1](failed[FAULT.value] | 0, failed[FAULT.position])
        refresh(mirrors, from)
        return plan.outputs.map(
          ({ buffer, dtype }, i) =>
            kept[i] ?? copies[i] ?? readWords(from, Math.max(0, offsets[i]), plan.buffers[buffer].size, dtype),
        )
      })
      const [results] = await Promise.all([taken, verdict])
      return results
    } catch (error) {
      for (const buffer of kept) buffer?.dispose()
      throw error
    } finally {
      if (to) staging.give(to)
    }
  }

  return {
    byteLength: 4 * controlWords + (moving?.byteLength ?? 0),
    run,
    dispose() {
      if (disposed) return
      disposed = true
      arena.release(self)
      if (control) values.give(control)
      moving?.destroy()
      feeds.dispose()
    },
  }
}

function checkSize(plan: Plan, i: number, value: Bindings[number]): void {
  const { buffer, name } = plan.inputs[i]
  const { size } = plan.buffers[buffer]
  const length = ArrayBuffer.isView(value) ? value.length : value.size
  if (length !== size) throw new KernelError(`webgpu: input ${name} must have ${size} elements, got ${length}`)
}

/** The uniform of what differs between the positions of loops. */
interface Moving {
  readonly stride: number
  readonly byteLength: number
  /** The bind group of a kernel that takes so many numbers. */
  groupOf(count: number): GPUBindGroup
  destroy(): void
}

function createMoving({ device, pipelines }: Session, blocks: readonly (readonly number[])[]): Moving {
  const most = blocks.reduce((sum, b) => Math.max(sum, b.length), 0)
  const stride = aligned(Math.ceil(most / 4) * 16)
  const words = new Uint32Array((stride / 4) * blocks.length)
  blocks.forEach((numbers, i) => words.set(numbers, (i * stride) / 4))
  const buffer = device.createBuffer({
    size: words.byteLength,
    usage: USAGE.uniform | USAGE.copyTarget,
    label: 'positions',
  })
  device.queue.writeBuffer(buffer, 0, words)
  const groups = new Map<number, GPUBindGroup>()
  return {
    stride,
    byteLength: words.byteLength,
    groupOf(count) {
      const size = Math.ceil(count / 4) * 16
      const known = groups.get(size)
      if (known) return known
      const made = device.createBindGroup({
        layout: pipelines.bases,
        entries: [{ binding: 0, resource: { buffer, size } }],
      })
      groups.set(size, made)
      return made
    },
    destroy: () => buffer.destroy(),
  }
}
