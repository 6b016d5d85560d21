import type { Bindings, Plan } from '@gradloom/core'
import { accessOf } from '@gradloom/core/extend'
import { aligned } from '../device/limits.ts'
import type { Block } from '../device/pool.ts'
import type { Session } from '../device/session.ts'
import { wordBytes, writeWords } from '../device/words.ts'

/** Where the host data of a plan's inputs goes: one block, which a run fills by one write. */
export interface FeedRoom {
  readonly block: Block | null
  offsetOf(input: number): number
  write(inputs: Bindings): void
  dispose(): void
}

export function createFeedRoom(plan: Plan, { device, values }: Session): FeedRoom {
  const read = new Set(plan.steps.flatMap((step) => accessOf(step).reads))
  const results = new Set(plan.outputs.map((o) => o.buffer))
  // What is a result alone is needed where it is kept, if the device has its dtype.
  const isUsed = plan.inputs.map(
    ({ buffer, dtype }) => read.has(buffer) || (results.has(buffer) && dtype !== 'float64'),
  )
  const offsets = new Map<number, number>()
  let block: Block | null = null
  let bytes = 0
  let words = new ArrayBuffer(0)
  return {
    get block() {
      return block
    },
    offsetOf: (input) => offsets.get(input)!,
    write(inputs) {
      const before = bytes
      inputs.forEach((value, i) => {
        if (!isUsed[i] || !ArrayBuffer.isView(value) || offsets.has(i)) return
        offsets.set(i, bytes)
        bytes += aligned(wordBytes(value.length, plan.inputs[i].dtype))
      })
      const isGone = block !== null && !values.has(block)
      if (bytes !== before || isGone) {
        const larger = values.take(bytes, 'feeds')
        if (block) values.give(block)
        block = larger
        words = new ArrayBuffer(bytes)
      }
      let end = 0
      let start = bytes
      inputs.forEach((value, i) => {
        if (!isUsed[i] || !ArrayBuffer.isView(value) || value.length === 0) return
        const offset = offsets.get(i)!
        const { dtype } = plan.inputs[i]
        writeWords(value, dtype, words, offset)
        start = Math.min(start, offset)
        end = Math.max(end, offset + wordBytes(value.length, dtype))
      })
      if (end > start) device.queue.writeBuffer(block!.gpu, start, words, start, end - start)
    },
    dispose() {
      if (block) values.give(block)
      block = null
    },
  }
}
