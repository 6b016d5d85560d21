import { complexSchur, divide, pair, type Pair } from './complex.ts'
import { eachMatrix, stackSize, type Kernel } from './kernel.ts'
import { EPSILON, largest, scaleDown } from './rotation.ts'

/** Scales rows and columns by powers of two until they weigh alike. @returns the scales
 * @see E. E. Osborne, "On pre-conditioning of matrices", 1960; B. N. Parlett, C. Reinsch, "Balancing a matrix for
 * calculation of eigenvalues and eigenvectors", 1969 */
function balance(a: Float64Array, n: number): Float64Array {
  const scales = new Float64Array(n).fill(1)
  for (let round = 0, isDone = false; !isDone && round < 50; round++) {
    isDone = true
    for (let i = 0; i < n; i++) {
      let row = 0
      let column = 0
      for (let j = 0; j < n; j++) {
        if (j === i) continue
        row += Math.abs(a[i * n + j])
        column += Math.abs(a[j * n + i])
      }
      if (row === 0 || column === 0) continue
      const factor = 2 ** Math.max(-500, Math.min(500, Math.round(Math.log2(row / column) / 2)))
      if (column * factor + row / factor >= 0.95 * (row + column)) continue
      isDone = false
      scales[i] *= factor
      for (let j = 0; j < n; j++) {
        a[i * n + j] /= factor
        a[j * n + i] *= factor
      }
    }
  }
  return scales
}

/** Where a vector is made smaller: an element is at most n / eps times what it is made of.
 * @see LAPACK, xTREVC */
const LARGE = 2 ** 200

/** The eigenvector of T for its k-th diagonal element, of any length. */
function eigenvector({ re, im }: Pair, n: number, k: number, least: number): Pair {
  const y = pair(n)
  y.re[k] = 1
  for (let i = k - 1; i >= 0; i--) {
    for (let j = i + 1; j <= k; j++) {
      const p = i * n + j
      y.re[i] -= re[p] * y.re[j] - im[p] * y.im[j]
      y.im[i] -= re[p] * y.im[j] + im[p] * y.re[j]
    }
    const gapRe = re[i * n + i] - re[k * n + k]
    const gapIm = im[i * n + i] - im[k * n + k]
    if (Math.hypot(gapRe, gapIm) < least) divide(y, i, least, 0)
    else divide(y, i, gapRe, gapIm)
    if (Math.max(Math.abs(y.re[i]), Math.abs(y.im[i])) > LARGE) for (const x of [y.re, y.im]) shrink(x, i, k)
  }
  return y
}

function shrink(x: Float64Array, first: number, last: number): void {
  for (let i = first; i <= last; i++) x[i] /= LARGE
}

/** U y, over the scales of `balance`, of length 1. */
function unit({ re, im }: Pair, y: Pair, n: number, k: number, scales: Float64Array): Pair {
  const v = pair(n)
  let most = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= k; j++) {
      v.re[i] += re[i * n + j] * y.re[j] - im[i * n + j] * y.im[j]
      v.im[i] += re[i * n + j] * y.im[j] + im[i * n + j] * y.re[j]
    }
    v.re[i] *= scales[i]
    v.im[i] *= scales[i]
    most = Math.max(most, Math.abs(v.re[i]), Math.abs(v.im[i]))
  }
  let sum = 0
  for (let i = 0; i < n; i++) sum += (v.re[i] / most) ** 2 + (v.im[i] / most) ** 2
  const length = most * Math.sqrt(sum)
  for (let i = 0; i < n; i++) {
    v.re[i] /= length
    v.im[i] /= length
  }
  return v
}

/** Eigenvalues and unit eigenvectors, real and imaginary parts apart. */
export const eig: Kernel = ({ inputs: [x], outputs }) => {
  const n = x.shape.at(-1)!
  eachMatrix('eig', stackSize(x.shape), [x], outputs, ([a], [wr, wi, vr, vi], place) => {
    // So that what is small beside the largest element is told from what is small.
    const scale = scaleDown(a)
    const scales = balance(a, n)
    const { t, u } = complexSchur(a, n, 'eig', place)
    const least = Math.max(EPSILON * largest(t.re), EPSILON * largest(t.im), Number.MIN_VALUE)
    for (let k = 0; k < n; k++) {
      wr[k] = scale * t.re[k * n + k]
      wi[k] = scale * t.im[k * n + k]
      const v = unit(u, eigenvector(t, n, k, least), n, k, scales)
      for (let i = 0; i < n; i++) {
        vr[i * n + k] = v.re[i]
        vi[i * n + k] = v.im[i]
      }
    }
  })
}
