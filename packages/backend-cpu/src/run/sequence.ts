import type { Plan, Step } from '@gradloom/core'
import type { DeviceMemory } from '../memory/device-memory.ts'
import { explain } from './explain.ts'
import { SCRATCH, type ReadyStep } from './step.ts'

const WORD = 4
const ALIGNMENT = 64
const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT

/** The steps of a plan over one block of memory: its arena, scratch that the steps take in turn, and their descriptors.
 * */
export interface Sequence {
  readonly byteLength: number
  /** Lays it at an address, a multiple of 64. */
  place(block: number): void
  /** Where each buffer of the plan is. */
  readonly addresses: readonly number[]
  /** Moves a buffer that is an input. */
  point(buffer: number, address: number): void
  run(): void
}

export function createSequence(
  { buffers, steps, arenaBytes }: Pick<Plan, 'buffers' | 'steps' | 'arenaBytes'>,
  ready: (step: Step) => ReadyStep,
  device: DeviceMemory,
): Sequence {
  const work = steps.map(ready)
  const scratchAt = aligned(arenaBytes)
  const descriptorsAt = scratchAt + aligned(Math.max(0, ...work.map((w) => w.scratchBytes)))
  let end = descriptorsAt
  const starts = work.map(({ words }) => {
    const start = end
    end += Math.ceil(words.length / 2) * 2 * WORD
    return start
  })
  const addresses = buffers.map(() => 0)
  /** By buffer: the words that hold its address, as positions in the block, and bytes to add. */
  const pointers: { readonly at: number; readonly byteOffset: number }[][] = buffers.map(() => [])
  work.forEach((w, i) => {
    for (const { word, buffer, byteOffset } of w.pointers)
      if (buffer !== SCRATCH) pointers[buffer].push({ at: starts[i] + WORD * word, byteOffset })
  })
  let block = 0
  let places = work.map(() => ({ buffers: addresses, scratch: 0, descriptor: 0 }))
  let words = new Int32Array(0)

  const point = (buffer: number, address: number): void => {
    addresses[buffer] = address
    if (words.buffer !== device.memory.buffer) words = new Int32Array(device.memory.buffer)
    for (const { at, byteOffset } of pointers[buffer]) words[(block + at) / WORD] = address + byteOffset
  }
  return {
    byteLength: end,
    addresses,
    point,
    place: (to) => {
      block = to
      const scratch = block + scratchAt
      places = starts.map((start) => ({ buffers: addresses, scratch, descriptor: block + start }))
      words = new Int32Array(device.memory.buffer)
      work.forEach((w, i) => {
        const first = places[i].descriptor / WORD
        words.set(w.words, first)
        for (const { word, buffer, byteOffset } of w.pointers)
          if (buffer === SCRATCH) words[first + word] = scratch + byteOffset
      })
      buffers.forEach((b, i) => {
        if (b.kind === 'arena') point(i, block + b.byteOffset)
      })
    },
    run: () => {
      for (let i = 0; i < work.length; i++) {
        try {
          work[i].run(places[i])
        } catch (error) {
          throw explain(error, steps[i])
        }
      }
    },
  }
}
