import type { Block } from '../device/pool.ts'

interface Landing {
  readonly from: Pick<Block, 'gpu'>
  readonly fromOffset: number
  readonly offset: number
  readonly byteLength: number
}

/** What a run brings to the host: ranges of blocks, one behind the other in a block that is read at once. */
export interface Landings {
  readonly byteLength: number
  /** Where in that block the range will be. */
  add(from: Pick<Block, 'gpu'>, fromOffset: number, byteLength: number): number
  record(encoder: GPUCommandEncoder, to: Block): void
}

export function createLandings(): Landings {
  const list: Landing[] = []
  let bytes = 0
  return {
    get byteLength() {
      return bytes
    },
    add(from, fromOffset, byteLength) {
      const offset = bytes
      list.push({ from, fromOffset, offset, byteLength })
      bytes += Math.ceil(byteLength / 8) * 8
      return offset
    },
    record(encoder, to) {
      for (const { from, fromOffset, offset, byteLength } of list)
        encoder.copyBufferToBuffer(from.gpu, fromOffset, to.gpu, offset, byteLength)
    },
  }
}
