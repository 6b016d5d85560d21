import { sizeOf } from '@gradloom/core'
import type { Kernel } from './kernel.ts'

export interface DftAttrs {
  /** sum_k x_k exp(i sign 2 pi j k / n) */
  readonly sign: 1 | -1
}

/** Transforms numbers of one length in their place. */
type Transform = (re: Float64Array, im: Float64Array) => void

/** exp(i sign 2 pi k / n) for k < count, each by itself, so that errors do not add up. */
function roots(n: number, count: number, sign: number): readonly [Float64Array, Float64Array] {
  const angle = (k: number): number => (sign * 2 * Math.PI * k) / n
  return [
    Float64Array.from({ length: count }, (_, k) => Math.cos(angle(k))),
    Float64Array.from({ length: count }, (_, k) => Math.sin(angle(k))),
  ]
}

/** For powers of two.
 * @see J. W. Cooley, J. W. Tukey, "An algorithm for the machine calculation of complex Fourier series", 1965 */
function radix2(n: number, sign: number): Transform {
  const [cos, sin] = roots(n, n / 2, sign)
  const bits = Math.log2(n)
  const order = new Int32Array(n)
  for (let i = 1; i < n; i++) order[i] = (order[i >> 1] >> 1) | ((i & 1) << (bits - 1))
  return (re, im) => {
    for (let i = 0; i < n; i++) {
      const j = order[i]
      if (j <= i) continue
      const x = re[i]
      re[i] = re[j]
      re[j] = x
      const y = im[i]
      im[i] = im[j]
      im[j] = y
    }
    for (let half = 1; half < n; half *= 2) {
      const step = n / (2 * half)
      for (let begin = 0; begin < n; begin += 2 * half) {
        for (let k = 0, p = begin, r = 0; k < half; k++, p++, r += step) {
          const q = p + half
          const x = re[q] * cos[r] - im[q] * sin[r]
          const y = re[q] * sin[r] + im[q] * cos[r]
          re[q] = re[p] - x
          im[q] = im[p] - y
          re[p] += x
          im[p] += y
        }
      }
    }
  }
}

/** Number k of the second pair, times c + i s, to the first. */
function times(
  toRe: Float64Array,
  toIm: Float64Array,
  re: Float64Array,
  im: Float64Array,
  k: number,
  c: number,
  s: number,
): void {
  const x = re[k]
  const y = im[k]
  toRe[k] = x * c - y * s
  toIm[k] = x * s + y * c
}

/** For any length, by a convolution of a power of two.
 * @see L. I. Bluestein, "A linear filtering approach to the computation of discrete Fourier transform", 1970 */
function bluestein(n: number, sign: number): Transform {
  const size = 2 ** Math.ceil(Math.log2(2 * n - 1))
  const forth = radix2(size, -1)
  const back = radix2(size, 1)
  // exp(i sign pi k^2 / n); k^2 modulo 2 n keeps the angle small.
  const [cos, sin] = roots(2 * n, 2 * n, sign)
  const square = Array.from({ length: n }, (_, k) => Number((BigInt(k) * BigInt(k)) % BigInt(2 * n)))
  const filterRe = new Float64Array(size)
  const filterIm = new Float64Array(size)
  for (let k = 0; k < n; k++) {
    filterRe[k] = cos[square[k]]
    filterIm[k] = -sin[square[k]]
    if (k === 0) continue
    filterRe[size - k] = filterRe[k]
    filterIm[size - k] = filterIm[k]
  }
  forth(filterRe, filterIm)
  const workRe = new Float64Array(size)
  const workIm = new Float64Array(size)
  return (re, im) => {
    workRe.fill(0)
    workIm.fill(0)
    for (let k = 0; k < n; k++) times(workRe, workIm, re, im, k, cos[square[k]], sin[square[k]])
    forth(workRe, workIm)
    for (let k = 0; k < size; k++) times(workRe, workIm, workRe, workIm, k, filterRe[k] / size, filterIm[k] / size)
    back(workRe, workIm)
    for (let k = 0; k < n; k++) times(re, im, workRe, workIm, k, cos[square[k]], sin[square[k]])
  }
}

const transformOf = (n: number, sign: number): Transform =>
  n < 2 ? () => undefined : Number.isInteger(Math.log2(n)) ? radix2(n, sign) : bluestein(n, sign)

/** The transform of the last axis, without a factor. */
export const dft: Kernel<DftAttrs> = ({ inputs: [x, y], outputs: [u, v], attrs: { sign } }) => {
  const n = x.shape.at(-1)!
  const count = n ? sizeOf(x.shape) / n : 0
  const transform = transformOf(n, sign)
  const re = new Float64Array(n)
  const im = new Float64Array(n)
  for (let line = 0; line < count; line++) {
    for (let i = 0; i < n; i++) {
      re[i] = Number(x.data[line * n + i])
      im[i] = Number(y.data[line * n + i])
    }
    transform(re, im)
    u.data.set(re as never, line * n)
    v.data.set(im as never, line * n)
  }
}
