import type { Plan, Step } from '@gradloom/core'
import type { DeviceMemory } from '../memory/device-memory.ts'
import { explain } from './explain.ts'
import { aligned, SCRATCH, type Note, type ReadyStep } from './step.ts'

const WORD = 4

/** The steps of a plan over two blocks of memory: one that a run has to itself, with the plan's arena and scratch that
 * the steps take in turn, and one that holds their descriptors between runs too. */
export interface Sequence {
  readonly sharedBytes: number
  readonly ownBytes: number
  /** Lays descriptors at an address, a multiple of 64. */
  place(own: number): void
  /** Says where arena and scratch are from now on: at a multiple of 64. */
  move(shared: number): void
  /** Where each buffer of the plan is. */
  readonly addresses: readonly number[]
  /** Moves a buffer that is an input. */
  point(buffer: number, address: number): void
  run(note?: Note): void
}

export function createSequence(
  { buffers, steps, arenaBytes }: Pick<Plan, 'buffers' | 'steps' | 'arenaBytes'>,
  ready: (step: Step) => ReadyStep,
  device: DeviceMemory,
): Sequence {
  const work = steps.map((step) => explained(step, () => ready(step)))
  const scratchAt = aligned(arenaBytes)
  const sharedBytes = scratchAt + aligned(work.reduce((most, w) => Math.max(most, w.scratchBytes), 0))
  let end = 0
  const starts = work.map(({ words }) => {
    const start = end
    end += Math.ceil(words.length / 2) * 2 * WORD
    return start
  })
  const addresses = buffers.map(() => 0)
  /** By buffer: the words that hold its address, as positions among the descriptors, and bytes to add. */
  const pointers: { readonly at: number; readonly byteOffset: number }[][] = buffers.map(() => [])
  work.forEach((w, i) => {
    for (const { word, buffer, byteOffset } of w.pointers)
      if (buffer !== SCRATCH) pointers[buffer].push({ at: starts[i] + WORD * word, byteOffset })
  })
  let own = 0
  let places = work.map(() => ({ buffers: addresses, scratch: 0, descriptor: 0 }))
  let words = new Int32Array(0)

  const current = (): Int32Array => {
    if (words.buffer !== device.memory.buffer) words = new Int32Array(device.memory.buffer)
    return words
  }
  const point = (buffer: number, address: number): void => {
    addresses[buffer] = address
    const to = current()
    for (const { at, byteOffset } of pointers[buffer]) to[(own + at) / WORD] = address + byteOffset
  }
  return {
    sharedBytes,
    ownBytes: end,
    addresses,
    point,
    place: (to) => {
      own = to
      const into = current()
      work.forEach((w, i) => into.set(w.words, (own + starts[i]) / WORD))
    },
    move: (shared) => {
      const to = current()
      const scratch = shared + scratchAt
      places = starts.map((start) => ({ buffers: addresses, scratch, descriptor: own + start }))
      work.forEach((w, i) => {
        for (const { word, buffer, byteOffset } of w.pointers)
          if (buffer === SCRATCH) to[(own + starts[i]) / WORD + word] = scratch + byteOffset
      })
      buffers.forEach((b, i) => {
        if (b.kind === 'arena') point(i, shared + b.byteOffset)
      })
    },
    run: (note) => {
      for (let i = 0; i < work.length; i++) {
        const startMs = note ? performance.now() : 0
        try {
          work[i].run(places[i], note && ((path, start, end) => note([i, ...path], start, end)))
          note?.([i], startMs, performance.now())
        } catch (error) {
          throw explain(error, steps[i])
        }
      }
    },
  }
}

function explained<T>(step: Step, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw explain(error, step)
  }
}
