/** Hands out ranges of one growing address space. Blocks start at multiples of 64 bytes: a cache line, four vectors. */
export interface Heap {
  /** The address of a free block, or null where the space cannot grow enough. */
  allocate(byteLength: number): number | null
  free(address: number): void
  /** Where the tail begins: a block after all others, which moves up as they need room. */
  readonly tail: number
  /** Sets the size of the tail and moves it down as far as can be; false where the space cannot grow enough. */
  resizeTail(byteLength: number): boolean
  /** Bytes of live blocks, without the tail. */
  readonly used: number
}

const ALIGNMENT = 64
const roundUp = (bytes: number): number => Math.ceil(Math.max(bytes, 1) / ALIGNMENT) * ALIGNMENT

/** Best fit over free ranges kept in address order, so that neighbours join. `reach(end)` makes addresses below `end`
 * valid. */
export function createHeap(start: number, reach: (end: number) => boolean): Heap {
  const live = new Map<number, number>()
  const gaps: { at: number; size: number }[] = []
  let top = roundUp(start)
  let used = 0
  let tail = top
  let tailSize = 0

  const allocate = (byteLength: number): number | null => {
    const size = roundUp(byteLength)
    let best = -1
    for (let i = 0; i < gaps.length; i++)
      if (gaps[i].size >= size && (best < 0 || gaps[i].size < gaps[best].size)) best = i
    let at: number
    if (best >= 0) {
      const gap = gaps[best]
      at = gap.at
      gap.at += size
      gap.size -= size
      if (gap.size === 0) gaps.splice(best, 1)
    } else {
      at = top
      const moved = Math.max(tail, top + size)
      if (!reach(moved + tailSize)) return null
      top += size
      tail = moved
    }
    live.set(at, size)
    used += size
    return at
  }
  const free = (address: number): void => {
    const size = live.get(address)
    if (size === undefined) throw new Error(`heap: a live block required, got address ${address}`)
    live.delete(address)
    used -= size
    let i = gaps.findIndex((gap) => gap.at > address)
    if (i < 0) i = gaps.length
    gaps.splice(i, 0, { at: address, size })
    const join = (left: number): void => {
      const a = gaps[left]
      const b = gaps[left + 1]
      if (a && b && a.at + a.size === b.at) {
        a.size += b.size
        gaps.splice(left + 1, 1)
      }
    }
    join(i)
    join(i - 1)
    const last = gaps.at(-1)
    if (last && last.at + last.size === top) top = gaps.pop()!.at
  }
  return {
    allocate,
    free,
    get tail() {
      return tail
    },
    resizeTail: (byteLength) => {
      const size = byteLength > 0 ? roundUp(byteLength) : 0
      if (!reach(top + size)) return false
      tail = top
      tailSize = size
      return true
    },
    get used() {
      return used
    },
  }
}
