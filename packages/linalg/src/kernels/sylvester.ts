import { LinalgError, ofMatrix } from '../errors.ts'
import { complexSchur, divide, pair, type Pair } from './complex.ts'
import { eachMatrix, stackSize, type Kernel, type Named } from './kernel.ts'
import { EPSILON, largest, scaleDown } from './rotation.ts'

/** A B, or A^H B where `isAdjoint`, for complex [m, m] and [m, n]. */
function times(a: Pair, b: Pair, m: number, n: number, isAdjoint: boolean): Pair {
  const c = pair(m * n)
  for (let i = 0; i < m; i++) {
    for (let k = 0; k < m; k++) {
      const at = isAdjoint ? k * m + i : i * m + k
      const re = a.re[at]
      const im = isAdjoint ? -a.im[at] : a.im[at]
      for (let j = 0; j < n; j++) {
        c.re[i * n + j] += re * b.re[k * n + j] - im * b.im[k * n + j]
        c.im[i * n + j] += re * b.im[k * n + j] + im * b.re[k * n + j]
      }
    }
  }
  return c
}

const adjoint = (a: Pair, m: number, n: number): Pair => {
  const out = pair(m * n)
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      out.re[j * m + i] = a.re[i * n + j]
      out.im[j * m + i] = -a.im[i * n + j]
    }
  return out
}

/** A X + X B = C by the triangular forms of A and B, a column at a time.
 * @see R. H. Bartels, G. W. Stewart, "Solution of the matrix equation AX + XB = C", 1972,
 * https://doi.org/10.1145/361573.361582 */
export const sylvester: Kernel<Named> = ({ inputs: [x, y, z], outputs: [out], attrs: { name } }) => {
  const m = x.shape.at(-1)!
  const n = y.shape.at(-1)!
  const coefficients = new Float64Array(m * m + n * n)
  eachMatrix(name, stackSize(x.shape), [x, y, z], [out], ([a, b, c], [result], place) => {
    coefficients.set(a)
    coefficients.set(b, m * m)
    const scale = scaleDown(coefficients)
    const left = complexSchur(coefficients.subarray(0, m * m), m, name, place)
    const right = complexSchur(coefficients.subarray(m * m), n, name, place)
    // U^H C W
    const half = times(left.u, { re: c, im: new Float64Array(m * n) }, m, n, true)
    const f = adjoint(times(right.u, adjoint(half, m, n), n, m, true), n, m)
    const { t } = left
    const s = right.t
    const most = Math.max(...[t.re, t.im, s.re, s.im].map(largest))
    for (let j = 0; j < n; j++) {
      for (let k = 0; k < j; k++) {
        const re = s.re[k * n + j]
        const im = s.im[k * n + j]
        for (let i = 0; i < m; i++) {
          f.re[i * n + j] -= f.re[i * n + k] * re - f.im[i * n + k] * im
          f.im[i * n + j] -= f.re[i * n + k] * im + f.im[i * n + k] * re
        }
      }
      for (let i = m - 1; i >= 0; i--) {
        for (let k = i + 1; k < m; k++) {
          const p = i * m + k
          f.re[i * n + j] -= t.re[p] * f.re[k * n + j] - t.im[p] * f.im[k * n + j]
          f.im[i * n + j] -= t.re[p] * f.im[k * n + j] + t.im[p] * f.re[k * n + j]
        }
        const re = t.re[i * m + i] + s.re[j * n + j]
        const im = t.im[i * m + i] + s.im[j * n + j]
        if (Math.hypot(re, im) <= EPSILON * most)
          throw new LinalgError(
            'SINGULAR',
            `${name}: no eigenvalue of A that is one of -B required, got one${ofMatrix(place)}; shift A or B`,
          )
        divide(f, i * n + j, re, im)
      }
    }
    // U Y W^H
    const back = times(left.u, f, m, n, false)
    const turned = adjoint(times(right.u, adjoint(back, m, n), n, m, false), n, m)
    result.set(scale === 1 ? turned.re : turned.re.map((v) => v / scale))
  })
}
