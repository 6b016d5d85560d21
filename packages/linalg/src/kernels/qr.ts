import { eachMatrix, stackSize, type Kernel } from './kernel.ts'
import { reflect, reflector, transposed } from './reflector.ts'

/** Q [m, k] and R [k, n], k the smaller size, with no negative number on R's diagonal, by Householder reflections of
 * columns.
 * @see G. H. Golub, C. F. Van Loan, "Matrix Computations", 4th ed., section 5.2 */
export function factorQr(a: Float64Array, m: number, n: number, q: Float64Array, r: Float64Array): void {
  const size = Math.min(m, n)
  const columns = transposed(a, m, n)
  const taus = new Float64Array(size)
  const diagonal = new Float64Array(size)
  for (let k = 0; k < size; k++) {
    const at = k * m + k
    const [tau, beta] = reflector(columns, at, m - k)
    taus[k] = tau
    diagonal[k] = beta
    for (let j = k + 1; j < n; j++) reflect(columns, at, m - k, tau, columns, j * m + k)
  }
  const basis = new Float64Array(size * m)
  for (let k = size - 1; k >= 0; k--) {
    basis[k * m + k] = 1
    for (let j = k; j < size; j++) reflect(columns, k * m + k, m - k, taus[k], basis, j * m + k)
  }
  r.fill(0)
  for (let k = 0; k < size; k++) {
    const sign = diagonal[k] < 0 ? -1 : 1
    r[k * n + k] = sign * diagonal[k]
    for (let j = k + 1; j < n; j++) r[k * n + j] = sign * columns[j * m + k]
    for (let i = 0; i < m; i++) q[i * size + k] = sign * basis[k * m + i]
  }
}

export const qr: Kernel = ({ inputs: [x], outputs: [q, r] }) => {
  const [m, n] = x.shape.slice(-2)
  eachMatrix('qr', stackSize(x.shape), [x], [q, r], ([a], [basis, rest]) => factorQr(a, m, n, basis, rest))
}
