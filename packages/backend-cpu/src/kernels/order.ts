import type { DType } from '@gradloom/core'
import type { DeviceArray } from '../memory/device-memory.ts'

/** Finds the stable order of lines of `size` elements: `order(data, start, stride)`, valid until the next call. */
export type Sorter = (data: DeviceArray, start: number, stride: number) => Int32Array

const DIGIT_BITS = 11
const DIGITS = 1 << DIGIT_BITS
/** Lines up to here are sorted by insertion: counting digits would cost more. */
const SHORT = 40

/** A radix sort on keys of one or two 32-bit words whose unsigned order is the wanted one. -0 equals 0; NaN is greater
 * than all numbers. */
export function createSorter(size: number, dtype: DType, descending: boolean): Sorter {
  const big = dtype === 'float64'
  const real = dtype.startsWith('float')
  const low = new Uint32Array(size)
  const high = big ? new Uint32Array(size) : low
  const value = new Float64Array(1)
  const single = new Float32Array(value.buffer)
  const bits = new Uint32Array(value.buffer)
  let from = new Int32Array(size)
  let to = new Int32Array(size)
  const counts = new Int32Array(DIGITS)
  const flip = descending ? -1 : 0

  const read = (x: number, i: number): void => {
    if (!real) {
      low[i] = (dtype === 'int32' ? x ^ 0x80000000 : x) ^ flip
      return
    }
    if (big) value[0] = x + 0
    else single[0] = x + 0
    const top = bits[big ? 1 : 0]
    const turn = top >> 31 // all ones for negative numbers, which order backwards
    low[i] = Number.isNaN(x) ? ~flip : bits[0] ^ turn ^ flip
    high[i] = Number.isNaN(x) ? ~flip : top ^ (turn | 0x80000000) ^ flip
  }
  const pass = (words: Uint32Array, shift: number): void => {
    counts.fill(0)
    for (let i = 0; i < size; i++) counts[(words[i] >>> shift) & (DIGITS - 1)]++
    if (counts[(words[0] >>> shift) & (DIGITS - 1)] === size) return
    for (let d = 0, sum = 0; d < DIGITS; d++) {
      const count = counts[d]
      counts[d] = sum
      sum += count
    }
    for (let i = 0; i < size; i++) {
      const k = from[i]
      to[counts[(words[k] >>> shift) & (DIGITS - 1)]++] = k
    }
    ;[from, to] = [to, from]
  }
  const insert = (): void => {
    for (let i = 1; i < size; i++) {
      let j = i - 1
      for (; j >= 0 && (high[from[j]] > high[i] || (high[from[j]] === high[i] && low[from[j]] > low[i])); j--)
        from[j + 1] = from[j]
      from[j + 1] = i
    }
  }
  return (data, start, stride) => {
    for (let i = 0; i < size; i++) {
      read(data[start + i * stride], i)
      from[i] = i
    }
    if (size <= SHORT) insert()
    else
      for (const words of big ? [low, high] : [low])
        for (let shift = 0; shift < 32; shift += DIGIT_BITS) pass(words, shift)
    return from
  }
}
