import { BlasError } from './error.ts'

/** Hands out parts of a range of memory. */
export interface Arena {
  /** Address of `byteLength` free bytes, a multiple of 64. @throws BlasError 'memory' */
  allocate(byteLength: number): number
  free(address: number): void
}

const ALIGNMENT = 64 // a cache line

/** First fit over a list of free ranges, neighbours joined again when freed. */
export function createArena(start: number, end: number): Arena {
  const from = Math.ceil(start / ALIGNMENT) * ALIGNMENT
  const holes: { at: number; size: number }[] = [{ at: from, size: Math.max(0, end - from) }]
  const used = new Map<number, number>()
  return {
    allocate: (byteLength) => {
      const size = Math.max(ALIGNMENT, Math.ceil(byteLength / ALIGNMENT) * ALIGNMENT)
      const hole = holes.find((h) => h.size >= size)
      if (!hole) {
        const free = holes.reduce((most, h) => Math.max(most, h.size), 0)
        throw new BlasError(
          'memory',
          `blas: ${byteLength} bytes needed, ${free} free in one piece. Pass a larger memoryBytes to ` +
            `createBlas, or free arrays.`,
        )
      }
      const { at } = hole
      hole.at += size
      hole.size -= size
      if (hole.size === 0) holes.splice(holes.indexOf(hole), 1)
      used.set(at, size)
      return at
    },
    free: (address) => {
      const size = used.get(address)
      if (size === undefined)
        throw new BlasError(
          'argument',
          `blas: free needs an array that this instance allocated, got address ${address}`,
        )
      used.delete(address)
      let k = holes.findIndex((h) => h.at > address)
      if (k < 0) k = holes.length
      holes.splice(k, 0, { at: address, size })
      for (const i of [k, k - 1]) {
        const [left, right] = [holes[i], holes[i + 1]]
        if (left && right && left.at + left.size === right.at) {
          left.size += right.size
          holes.splice(i + 1, 1)
        }
      }
    },
  }
}
