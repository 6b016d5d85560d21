import type { Matrix } from './matrix.ts'

/** What kernels take from a backend: products and rotations, as backend-cpu has them for kernels with a workspace. */
export interface Blas {
  /** C = alpha A B + beta C for A [m, k], B [k, n], C [m, n]; rows or columns of C are dense. */
  gemm(m: number, n: number, k: number, alpha: number, a: Matrix, b: Matrix, beta: number, c: Matrix): void
  /** Turns rows of x, `columns` numbers each, by sweeps: a first row, a count, and that many pairs of c and s, each for
   * a row and the next: c x + s y and c y - s x. */
  rotate(x: Matrix, columns: number, sweeps: Float64Array, length: number): void
}

/** In plain loops: all that the reference backend has. */
export const plainBlas: Blas = {
  gemm: (m, n, k, alpha, a, b, beta, c) => {
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        const to = c.at + i * c.row + j * c.column
        let sum = 0
        let x = a.at + i * a.row
        let y = b.at + j * b.column
        for (let p = 0; p < k; p++, x += a.column, y += b.row) sum += a.data[x] * b.data[y]
        c.data[to] = beta === 0 ? alpha * sum : alpha * sum + beta * c.data[to]
      }
  },
  rotate: ({ data, at, row }, columns, sweeps, length) => {
    for (let next = 0; next < length;) {
      let x = at + sweeps[next] * row
      const end = next + 2 + 2 * sweeps[next + 1]
      for (next += 2; next < end; next += 2, x += row) {
        const c = sweeps[next]
        const s = sweeps[next + 1]
        for (let j = x; j < x + columns; j++) {
          const held = data[j]
          data[j] = c * held + s * data[j + row]
          data[j + row] = c * data[j + row] - s * held
        }
      }
    }
  },
}
