import {
  KernelError,
  type Bindings,
  type DeviceBuffer,
  type DType,
  type Executable,
  type Plan,
  type TypedArray,
} from '@gradloom/core'
import type { Arena } from '../device/arena.ts'
import { liveBuffer, type GpuBuffer } from '../device/gpu-buffer.ts'
import type { Pipeline } from '../device/pipelines.ts'
import type { Block } from '../device/pool.ts'
import { createPatience } from '../device/patience.ts'
import { refresh, type Mirrored, type Session } from '../device/session.ts'
import type { Turns } from '../device/turns.ts'
import { MAP_READ } from '../device/usage.ts'
import { readWords, wordBytes } from '../device/words.ts'
import { disposedError } from '../errors.ts'
import { createBindGroups } from './bind-groups.ts'
import type { Program } from './compile.ts'
import { FAULT } from './fault.ts'
import { createClock, TIMES, type Clock } from './clock.ts'
import { createFeedRoom, type FeedMemory } from './feed-room.ts'
import { folded } from './fold.ts'
import { toHost, type Move } from './moves.ts'
import { ARENA } from './place.ts'
import { createMoving } from './positions.ts'
import { spansOf } from './spans.ts'

/** What an executable takes from its backend. */
export interface Owner {
  /** What its buffers say that they belong to. */
  readonly identity: object
  readonly session: Session
  readonly arena: Arena
  /** Values that are on the host for a while: one block for all plans too. */
  readonly host: Arena
  readonly feeds: FeedMemory
  readonly turns: Turns
  /** Runs that write more bytes keep no copy of them on the host. */
  readonly mirrorBytes: number
  keep(dtype: DType, size: number): GpuBuffer
  /** @throws BackendError where the backend was closed */
  open(): void
}

/** Where a result goes in the staging block. */
interface Landing {
  readonly from: Pick<Block, 'gpu'>
  readonly fromOffset: number
  readonly offset: number
  readonly byteLength: number
}

/** What is submitted in one go, and the values that go to the host in it, which are there before the next. */
interface Stretch {
  readonly encoder: GPUCommandEncoder
  readonly moved: Move[]
}

/** A plan as one command buffer: a run binds inputs, records, submits, and reads one block back. In a run like the one
 * before nothing is created. */
export function createExecutable(
  plan: Plan,
  program: Program,
  pipelines: readonly Pipeline[],
  owner: Owner,
): Executable {
  const { identity, session, arena, host, turns, mirrorBytes } = owner
  const { device, limits, values, staging, leaving } = session
  const { dispatches, commands, blocks, controlWords, faults, hostBytes } = program
  const sizes = dispatches.map((d) => folded(d.workgroups, limits.maxComputeWorkgroupsPerDimension))
  const self = {}
  arena.claim(self, program.arenaBytes)
  if (hostBytes) host.claim(self, hostBytes)
  const control = controlWords ? values.take(4 * controlWords, 'control words') : null
  const moving = blocks.length ? createMoving(session, blocks) : null
  const groups = createBindGroups(session, dispatches, pipelines, control)
  const feeds = createFeedRoom(plan, owner.feeds)
  const written = plan.inputs.flatMap(({ written: is }, i) => (is ? [i] : []))
  const bytesOf = (buffers: readonly number[]): number =>
    buffers.reduce((sum, b) => sum + wordBytes(plan.buffers[b].size, plan.buffers[b].dtype), 0)
  const writtenBytes = bytesOf(written.map((i) => plan.inputs[i].buffer))
  const patience = createPatience(session.isPolled)
  let disposed = false

  const record = (roots: readonly (Block | null)[], out: Block | null, clock?: Clock): Stretch[] => {
    const stretches: Stretch[] = []
    const begin = (): void => void stretches.push({ encoder: device.createCommandEncoder(), moved: [] })
    begin()
    if (control) stretches[0].encoder.clearBuffer(control.gpu, 0, 4 * controlWords)
    const bound = groups.of(roots, feeds, arena.block)
    let pass: GPUComputePassEncoder | null = null
    let last: Pipeline | null = null
    const end = (): void => {
      pass?.end()
      pass = last = null
    }
    commands.forEach((command, i) => {
      if ('place' in command) {
        end()
        const { isOut, place, byteOffset: at } = command
        const { root, byteOffset, byteLength } = place
        const { gpu } = root === ARENA ? arena.block : roots[root]!
        // What went to the host comes back in a later stretch.
        if (!isOut && stretches.at(-1)!.moved.length) begin()
        const { encoder, moved } = stretches.at(-1)!
        if (isOut) {
          moved.push(command)
          encoder.copyBufferToBuffer(gpu, byteOffset, out!.gpu, at, byteLength)
        } else encoder.copyBufferToBuffer(host.block.gpu, at, gpu, byteOffset, byteLength)
        return
      }
      const { dispatch, block } = command
      const pipeline = pipelines[dispatch]
      pass ??= stretches.at(-1)!.encoder.beginComputePass({ timestampWrites: clock?.around(i) })
      if (pipeline !== last) pass.setPipeline(pipeline.gpu)
      last = pipeline
      pass.setBindGroup(0, bound[dispatch])
      if (block >= 0) pass.setBindGroup(1, moving!.group, [block * moving!.stride])
      pass.dispatchWorkgroups(...sizes[dispatch])
      if (clock) end()
    })
    end()
    clock?.resolve(stretches.at(-1)!.encoder)
    return stretches
  }

  const start = async (given: Bindings, keep: readonly boolean[], clock?: Clock): ReturnType<Executable['run']> => {
    owner.open()
    if (disposed) throw disposedError('executable')
    const bound = given.map((value, i) => {
      const buffer = ArrayBuffer.isView(value) ? null : liveBuffer(value, identity)
      checkSize(plan, i, value)
      return buffer
    })
    const roots = bound.map((b) => b?.block ?? null)
    const inputs = turns.isFree ? given : given.map((value) => (ArrayBuffer.isView(value) ? value.slice() : value))
    return turns.take(() => runNow(inputs, bound, roots, keep, clock))
  }
  const runNow = async (
    inputs: Bindings,
    bound: readonly (GpuBuffer | null)[],
    roots: readonly (Block | null)[],
    keep: readonly boolean[],
    clock?: Clock,
  ): ReturnType<Executable['run']> => {
    const kept: (GpuBuffer | null)[] = []
    let to: Block | null = null
    const out = hostBytes ? leaving.take(hostBytes, 'values that leave the device') : null
    let stretches: Stretch[] = []
    const landings: Landing[] = []
    let bytes = 0
    const land = (from: Landing['from'], fromOffset: number, byteLength: number): number => {
      const offset = bytes
      landings.push({ from, fromOffset, offset, byteLength })
      bytes += Math.ceil(byteLength / 8) * 8
      return offset
    }
    const mirrors: Mirrored[] = []
    /** The data of a result that is a feed, which need not go to the device and back. */
    const given = (i: number): TypedArray | null => {
      const b = plan.buffers[plan.outputs[i].buffer]
      const value = b.kind === 'input' && !keep[i] ? inputs[b.input] : null
      return value && ArrayBuffer.isView(value) ? value : null
    }
    const copies = plan.outputs.map((_, i) => given(i)?.slice())
    let faultAt = 0
    let timesAt = 0
    const issue = (): void => {
      feeds.write(inputs)
      stretches = record(roots, out, clock)
      const { encoder } = stretches.at(-1)!
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
      if (clock) timesAt = land(clock, 0, clock.byteLength)
      const keptBytes = bytesOf(plan.outputs.flatMap(({ buffer }, i) => (keep[i] ? [buffer] : [])))
      const keepsCopy = writtenBytes + keptBytes <= mirrorBytes
      for (const buffer of [...written.map((i) => bound[i]), ...kept]) {
        if (!buffer || buffer.disposed) continue
        const write = ++buffer.writes
        if (keepsCopy) {
          const offset = land(buffer.block, 0, wordBytes(buffer.size, buffer.dtype))
          mirrors.push({ buffer, write, offset })
        } else {
          buffer.mirror = null
          buffer.mirrored = write
        }
      }
      if (bytes) {
        to = staging.take(bytes, 'results')
        for (const { from, fromOffset, offset, byteLength } of landings)
          encoder.copyBufferToBuffer(from.gpu, fromOffset, to.gpu, offset, byteLength)
      }
      submit(stretches[0])
    }
    const submit = (stretch: Stretch): void => device.queue.submit([stretch.encoder.finish()])
    /** Submits what reads values that were on the host. */
    const goOn = async (block: Block): Promise<void> => {
      for (const [i, stretch] of stretches.entries()) {
        if (i) await session.watched('a run', () => submit(stretch)).verdict
        if (stretch.moved.length) await toHost(session, stretch.moved, block, host.block)
      }
    }
    let offsets: number[] = []
    try {
      const { verdict } = session.watched('a run', issue)
      if (out) {
        const rest = goOn(out)
        turns.hold(rest)
        await Promise.all([rest, verdict])
      }
      const resultsOf = (from: ArrayBuffer): (TypedArray | DeviceBuffer)[] => {
        const failed = control && faults.length ? new Uint32Array(from, faultAt, 4) : null
        if (failed && failed[FAULT.number])
          throw faults[failed[FAULT.number] - 1](failed[FAULT.value] | 0, failed[FAULT.position])
        refresh(mirrors, from)
        if (clock) clock.times = new BigUint64Array(from.slice(timesAt, timesAt + clock.byteLength))
        return plan.outputs.map(
          ({ buffer, dtype }, i) =>
            kept[i] ?? copies[i] ?? readWords(from, Math.max(0, offsets[i]), plan.buffers[buffer].size, dtype),
        )
      }
      const taken = to ? session.mapped(to, bytes, resultsOf, MAP_READ, patience) : resultsOf(new ArrayBuffer(0))
      const [results] = await Promise.all([taken, verdict])
      return results
    } catch (error) {
      for (const buffer of kept) buffer?.dispose()
      throw error
    } finally {
      if (to) staging.give(to)
      if (out) leaving.give(out)
    }
  }

  const profile: Executable['profile'] = async (inputs, keep) => {
    const clock = createClock(device, commands.length)
    try {
      const values = await start(inputs, keep, clock)
      return { values, ...spansOf(clock.times, program, plan.steps.length) }
    } finally {
      clock.destroy()
    }
  }

  return {
    byteLength: 4 * controlWords + (moving?.byteLength ?? 0),
    run: (inputs, keep) => start(inputs, keep),
    ...(device.features.has(TIMES) && { profile }),
    dispose() {
      if (disposed) return
      disposed = true
      arena.release(self)
      host.release(self)
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
