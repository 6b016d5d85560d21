import { tooLarge } from '../errors.ts'

/** A buffer of the device, lent by a pool. */
export interface Block {
  readonly gpu: GPUBuffer
  readonly byteLength: number
  /** Tells blocks apart, for caches. */
  readonly id: number
}

/** Buffers that are taken and given back, so that runs that follow one another create none. */
export interface Pool {
  /** @throws OutOfMemoryError where no buffer may be as large */
  take(byteLength: number, what: string): Block
  give(block: Block): void
  /** Whether a block is one of its buffers. */
  has(block: Block): boolean
  /** Lets go of the buffers of a range of ids: the device had no memory for them. */
  discard(from: number, to: number): void
  /** Bytes that a buffer may have. */
  readonly most: number
  /** Bytes of all of its buffers, lent or not. */
  readonly byteLength: number
  destroy(): void
}

/** Sizes grow in steps, so that what is given back fits what is asked for next. */
const roomFor = (bytes: number): number => (bytes <= 256 ? 256 : 2 ** Math.ceil(Math.log2(bytes)))
/** Above, sizes are taken as they are asked for: half of a power of two would be too much to waste. */
const EXACT = 2 ** 22

/** Unused bytes that a pool keeps: beyond, what is given back is destroyed. */
const MOST_IDLE = 2 ** 28

export function createPool(device: GPUDevice, usage: number, most: number, mint: () => number): Pool {
  const idle = new Map<number, Block[]>()
  const all = new Set<Block>()
  let bytes = 0
  let idleBytes = 0
  const destroy = (block: Block): void => {
    all.delete(block)
    bytes -= block.byteLength
    block.gpu.destroy()
  }
  return {
    take(asked, what) {
      if (asked > most) throw tooLarge(asked, most, what)
      const byteLength = asked > EXACT ? Math.ceil(asked / 256) * 256 : roomFor(asked)
      const known = idle.get(byteLength)?.pop()
      if (known) {
        idleBytes -= byteLength
        return known
      }
      const block = {
        gpu: device.createBuffer({ size: Math.min(byteLength, most), usage, label: what }),
        byteLength,
        id: mint(),
      }
      all.add(block)
      bytes += byteLength
      return block
    },
    give(block) {
      if (!all.has(block)) return
      if (idleBytes + block.byteLength > MOST_IDLE) {
        destroy(block)
        return
      }
      idleBytes += block.byteLength
      const list = idle.get(block.byteLength)
      if (list) list.push(block)
      else idle.set(block.byteLength, [block])
    },
    has: (block) => all.has(block),
    discard(from, to) {
      for (const block of all) {
        if (block.id < from || block.id >= to) continue
        const list = idle.get(block.byteLength)
        const at = list?.indexOf(block) ?? -1
        if (at >= 0) {
          list!.splice(at, 1)
          idleBytes -= block.byteLength
        }
        destroy(block)
      }
    },
    most,
    get byteLength() {
      return bytes
    },
    destroy() {
      for (const block of all) destroy(block)
      idle.clear()
      idleBytes = 0
    },
  }
}
