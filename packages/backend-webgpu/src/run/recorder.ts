import type { Block } from '../device/pool.ts'
import type { Pipeline } from '../device/pipelines.ts'
import { createBindGroups } from './bind-groups.ts'
import type { Clock } from './clock.ts'
import type { Program } from './program.ts'
import type { FeedRoom } from './feed-room.ts'
import { folded } from './fold.ts'
import type { Move } from './moves.ts'
import type { Owner } from './owner.ts'
import { ARENA } from './place.ts'
import { createMoving } from './positions.ts'

/** What is submitted in one go, and the values that go to the host in it, which are there before the next. */
export interface Stretch {
  readonly encoder: GPUCommandEncoder
  readonly moved: Move[]
}

/** Records what a program does. In a run like the one before nothing is created for it. */
export interface Recorder {
  /** The words that steps share; null where they share none. */
  readonly control: Block | null
  /** Bytes on the device beside the arena. */
  readonly byteLength: number
  /** `roots`: the blocks of the plan's inputs; null for those in the room of feeds. `out`: the block that values leave
   * the device by. */
  record(roots: readonly (Block | null)[], out: Block | null, clock?: Clock): Stretch[]
  dispose(): void
}

export function createRecorder(
  { dispatches, commands, blocks, controlWords }: Program,
  pipelines: readonly Pipeline[],
  { session, arena, host }: Owner,
  feeds: FeedRoom,
): Recorder {
  const { device, limits, values } = session
  const sizes = dispatches.map((d) => folded(d.workgroups, limits.maxComputeWorkgroupsPerDimension))
  const control = controlWords ? values.take(4 * controlWords, 'control words') : null
  const moving = blocks.length ? createMoving(session, blocks) : null
  const groups = createBindGroups(session, dispatches, pipelines, control)

  const record: Recorder['record'] = (roots, out, clock) => {
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
  return {
    control,
    byteLength: 4 * controlWords + (moving?.byteLength ?? 0),
    record,
    dispose() {
      if (control) values.give(control)
      moving?.destroy()
    },
  }
}
