import { expect, test } from 'vitest'
import fc from 'fast-check'
import { createHeap } from '../src/memory/heap.ts'

test('blocks are aligned, never overlap, and joined gaps are used again', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(5000), fc.nat())), (script) => {
      let end = 0
      const heap = createHeap(64, (to) => {
        end = Math.max(end, to)
        return true
      })
      const live: { at: number; size: number }[] = []
      for (const [size, pick] of script) {
        if (pick % 3 === 0 && live.length > 0) heap.free(live.splice(pick % live.length, 1)[0].at)
        else {
          const at = heap.allocate(size)!
          expect(at % 64).toBe(0)
          expect(at).toBeGreaterThanOrEqual(64)
          for (const b of live) expect(at >= b.at + Math.max(1, b.size) || at + Math.max(1, size) <= b.at).toBe(true)
          live.push({ at, size })
        }
      }
      for (const { at } of live) heap.free(at)
      expect(heap.used).toBe(0)
      // All gaps are one again: the whole space fits where it began.
      if (end > 64) expect(heap.allocate(end - 64)).toBe(64)
    }),
  )
})
test('a space that cannot grow gives null and stays usable; freeing twice is an error', () => {
  const heap = createHeap(64, (to) => to <= 1024)
  expect(heap.allocate(2000)).toBeNull()
  const at = heap.allocate(960)!
  expect(heap.allocate(1)).toBeNull()
  heap.free(at)
  expect(() => heap.free(at)).toThrow(/live block/)
  expect(heap.allocate(960)).toBe(at)
})

test('a tail comes after all blocks, moves only for them, and back when it is sized', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(500), fc.nat(2)), { maxLength: 60 }), (script) => {
      const limit = 8192
      const heap = createHeap(64, (to) => to <= limit)
      const live: { at: number; size: number }[] = []
      let size = 0
      const top = (): number => Math.max(64, ...live.map((b) => b.at + Math.max(1, b.size)))
      for (const [bytes, what] of script) {
        const before = heap.tail
        if (what === 0) {
          const fits = top() + bytes * 8 <= limit - 128
          const done = heap.resizeTail(bytes * 8)
          if (fits) expect(done).toBe(true)
          if (done) size = bytes * 8
          if (done) expect(heap.tail - top()).toBeLessThan(64)
          else expect(heap.tail).toBe(before)
        } else if (what === 1 && live.length > 0) {
          heap.free(live.splice(bytes % live.length, 1)[0].at)
          expect(heap.tail).toBe(before)
        } else {
          const at = heap.allocate(bytes)
          if (at === null) expect(heap.tail).toBe(before)
          else live.push({ at, size: bytes })
          if (at !== null && at + Math.ceil(Math.max(1, bytes) / 64) * 64 <= before) expect(heap.tail).toBe(before)
        }
        expect(heap.tail % 64).toBe(0)
        expect(heap.tail).toBeGreaterThanOrEqual(top())
        expect(heap.tail + size).toBeLessThanOrEqual(limit)
      }
    }),
  )
})
