import { aligned } from '../run/step.ts'

/** Regions of memory one after the other, at multiples of 64 bytes. */
export interface Regions {
  /** Byte offset of a new region. */
  add(byteLength: number): number
  readonly byteLength: number
}

export function createRegions(): Regions {
  let end = 0
  return {
    add: (byteLength) => {
      const at = end
      end += aligned(byteLength)
      return at
    },
    get byteLength() {
      return end
    },
  }
}

/** `inner` moved by 0, step, 2 step, ...: `count` times. */
export function repeated(count: number, step: number, inner: ArrayLike<number>): Int32Array {
  const all = new Int32Array(count * inner.length)
  for (let i = 0, at = 0; i < count; i++) for (let k = 0; k < inner.length; k++) all[at++] = i * step + inner[k]
  return all
}
