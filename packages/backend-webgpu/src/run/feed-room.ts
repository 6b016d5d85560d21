import type { Bindings, Plan } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'
import type { Arena } from '../device/arena.ts'
import { aligned } from '../device/limits.ts'
import type { Block } from '../device/pool.ts'
import { wordBytes, writeWords } from '../device/words.ts'

/** The block that host data of all plans goes to, and the memory in which it is put together. */
export interface FeedMemory {
  readonly device: GPUDevice
  readonly arena: Arena
  words: ArrayBuffer
}

/** Where the host data of a plan's inputs goes: one block, which a run fills by one write. */
export interface FeedRoom {
  readonly block: Block | null
  offsetOf(input: number): number
  write(inputs: Bindings): void
  dispose(): void
}

export function createFeedRoom(plan: Plan, memory: FeedMemory): FeedRoom {
  const { arena } = memory
  const self = {}
  const read = new Set(plan.steps.flatMap((step) => accessOf(step).reads))
  const results = new Set(plan.outputs.map((o) => o.buffer))
  // What is a result alone is needed where it is kept, if the device has its dtype.
  const isUsed = plan.inputs.map(
    ({ buffer, dtype }) => read.has(buffer) || (results.has(buffer) && dtype !== 'float64'),
  )
  const offsets = new Map<number, number>()
  let bytes = 0
  return {
    get block() {
      return bytes ? arena.block : null
    },
    offsetOf: (input) => offsets.get(input)!,
    write(inputs) {
      const before = bytes
      inputs.forEach((value, i) => {
        if (!isUsed[i] || !ArrayBuffer.isView(value) || offsets.has(i)) return
        offsets.set(i, bytes)
        bytes += aligned(wordBytes(value.length, plan.inputs[i].dtype))
      })
      if (bytes !== before) arena.claim(self, bytes)
      if (bytes > memory.words.byteLength) memory.words = new ArrayBuffer(arena.byteLength)
      let end = 0
      let start = bytes
      inputs.forEach((value, i) => {
        if (!isUsed[i] || !ArrayBuffer.isView(value) || value.length === 0) return
        const offset = offsets.get(i)!
        const { dtype } = plan.inputs[i]
        writeWords(value, dtype, memory.words, offset)
        start = Math.min(start, offset)
        end = Math.max(end, offset + wordBytes(value.length, dtype))
      })
      if (end > start) memory.device.queue.writeBuffer(arena.block.gpu, start, memory.words, start, end - start)
    },
    dispose() {
      arena.release(self)
      bytes = 0
    },
  }
}
