import type { Block, Pool } from './pool.ts'

/** The block that prepared plans share, since they run one at a time. */
export interface Arena {
  /** Asks for room on behalf of `owner`, until it releases it. */
  claim(owner: object, byteLength: number): void
  release(owner: object): void
  /** As large as the one that needs most. Another block after one has claimed more. */
  readonly block: Block
  readonly byteLength: number
}

/** How much larger a block is than the one before at least: sizes that grow little by little do not each take one. */
const GROWTH = 9 / 8

/** @param what its blocks are, for messages */
export function createArena(pool: Pool, what: string): Arena {
  const claims = new Map<object, number>()
  let block: Block | null = null
  let byteLength = 0
  return {
    claim(owner, bytes) {
      if (bytes > byteLength) {
        const wanted = Math.max(bytes, Math.min(pool.most, block ? Math.ceil(byteLength * GROWTH) : 0))
        const larger = pool.take(wanted, what)
        if (block) pool.give(block)
        block = larger
        byteLength = wanted
      }
      claims.set(owner, bytes)
    },
    release(owner) {
      claims.delete(owner)
      if (claims.size || !block) return
      pool.give(block)
      block = null
      byteLength = 0
    },
    get block() {
      if (!block || !pool.has(block)) {
        // There was no memory for what was claimed last.
        byteLength = Math.max(...claims.values())
        block = pool.take(byteLength, what)
      }
      return block
    },
    get byteLength() {
      return byteLength
    },
  }
}
