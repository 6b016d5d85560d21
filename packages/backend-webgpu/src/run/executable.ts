import {
  KernelError,
  type Bindings,
  type DeviceBuffer,
  type Executable,
  type Plan,
  type TypedArray,
} from '@gradloom/core'
import { liveBuffer, type GpuBuffer } from '../device/gpu-buffer.ts'
import type { Pipeline } from '../device/pipelines.ts'
import type { Block } from '../device/pool.ts'
import { createPatience } from '../device/patience.ts'
import { refresh, type Mirrored } from '../device/session.ts'
import { MAP_READ } from '../device/usage.ts'
import { readWords, wordBytes } from '../device/words.ts'
import { disposedError } from '../errors.ts'
import type { Program } from './program.ts'
import { FAULT } from './fault.ts'
import { createClock, TIMES, type Clock } from './clock.ts'
import { createFeedRoom } from './feed-room.ts'
import { createLandings } from './landings.ts'
import { toHost } from './moves.ts'
import type { Owner } from './owner.ts'
import { createRecorder, type Stretch } from './recorder.ts'
import { spansOf } from './spans.ts'

/** A plan as one command buffer: a run binds inputs, records, submits, and reads one block back. In a run like the one
 * before nothing is created. */
export function createExecutable(
  plan: Plan,
  program: Program,
  pipelines: readonly Pipeline[],
  owner: Owner,
): Executable {
  const { identity, session, arena, host, turns, mirrorBytes } = owner
  const { device, staging, leaving } = session
  const { commands, faults, hostBytes } = program
  const self = {}
  arena.claim(self, program.arenaBytes)
  if (hostBytes) host.claim(self, hostBytes)
  const feeds = createFeedRoom(plan, owner.feeds)
  const recorder = createRecorder(program, pipelines, owner, feeds)
  const { control } = recorder
  const written = plan.inputs.flatMap(({ written: is }, i) => (is ? [i] : []))
  const bytesOf = (buffers: readonly number[]): number =>
    buffers.reduce((sum, b) => sum + wordBytes(plan.buffers[b].size, plan.buffers[b].dtype), 0)
  const writtenBytes = bytesOf(written.map((i) => plan.inputs[i].buffer))
  const patience = createPatience(session.isPolled)
  let disposed = false

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
    const landings = createLandings()
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
      stretches = recorder.record(roots, out, clock)
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
        if (!keep[i]) return size ? landings.add(block, offset, byteLength) : -1
        const value = owner.keep(dtype, size)
        kept[i] = value
        if (size) encoder.copyBufferToBuffer(block.gpu, offset, value.block.gpu, 0, byteLength)
        return -1
      })
      if (control && faults.length) faultAt = landings.add(control, 0, 16)
      if (clock) timesAt = landings.add(clock, 0, clock.byteLength)
      const keptBytes = bytesOf(plan.outputs.flatMap(({ buffer }, i) => (keep[i] ? [buffer] : [])))
      const keepsCopy = writtenBytes + keptBytes <= mirrorBytes
      for (const buffer of [...written.map((i) => bound[i]), ...kept]) {
        if (!buffer || buffer.disposed) continue
        const write = ++buffer.writes
        if (keepsCopy) {
          const offset = landings.add(buffer.block, 0, wordBytes(buffer.size, buffer.dtype))
          mirrors.push({ buffer, write, offset })
        } else {
          buffer.mirror = null
          buffer.mirrored = write
        }
      }
      if (landings.byteLength) {
        to = staging.take(landings.byteLength, 'results')
        landings.record(encoder, to)
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
      const taken = to
        ? session.mapped(to, landings.byteLength, resultsOf, MAP_READ, patience)
        : resultsOf(new ArrayBuffer(0))
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
    byteLength: recorder.byteLength,
    run: (inputs, keep) => start(inputs, keep),
    ...(device.features.has(TIMES) && { profile }),
    dispose() {
      if (disposed) return
      disposed = true
      arena.release(self)
      host.release(self)
      recorder.dispose()
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
