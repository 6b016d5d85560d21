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
      end += Math.ceil(byteLength / 64) * 64
      return at
    },
    get byteLength() {
      return end
    },
  }
}

/** `inner` moved by 0, step, 2 step, ...: `count` times. */
export const repeated = (count: number, step: number, inner: readonly number[]): number[] =>
  Array.from({ length: count }, (_, i) => inner.map((v) => i * step + v)).flat()
