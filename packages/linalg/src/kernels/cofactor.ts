import { stackKernel, type Tools } from './kernel.ts'
import { determinant, pivotsRoom } from './lu.ts'
import { dense, roomOf, turned, type Matrix } from './matrix.ts'
import { decompose, svdRoom } from './svd.ts'

/** What `signed` takes, and `squares` matrices. */
const roomFor = (n: number, squares: number): number =>
  svdRoom(n, n) + pivotsRoom(n) + (squares + 2) * roomOf(n * n) + roomOf(n)

/** The matrix of cofactors det(A) A^-T, also where A is singular: det(U) det(V) U diag(products of the other s) V^T. */
export const cofactor = stackKernel(
  'det',
  ({ inputs: [{ shape }] }) => roomFor(shape.at(-1)!, 1),
  ({ inputs: [{ shape }] }) => {
    const n = shape.at(-1)!
    return ([a], [out], tools) => {
      const { u, vh, s, sign } = signed(tools, a, n)
      const weighed = tools.room.take(n * n)
      for (let k = 0; k < n; k++) {
        const others = sign * productWithout(s, k, -1)
        for (let j = 0; j < n; j++) weighed[k * n + j] = others * vh.data[k * n + j]
      }
      tools.blas.gemm(n, n, n, 1, u, dense(weighed, n), 0, dense(out, n))
    }
  },
)

/** The derivative of cofactors in the direction of the second input: in the bases of A, with P_ij the product of all s
 * but those of i and j, sum_{j != i} P_ij E_jj on the diagonal and -P_ij E_ji beside it. */
export const cofactorDerivative = stackKernel(
  'det',
  ({ inputs: [{ shape }] }) => roomFor(shape.at(-1)!, 3),
  ({ inputs: [{ shape }] }) => {
    const n = shape.at(-1)!
    return ([a, direction], [out], tools) => {
      const { blas, room } = tools
      const { u, vh, s, sign } = signed(tools, a, n)
      const [half, bases, inner] = Array.from({ length: 3 }, () => dense(room.take(n * n), n))
      const times = (x: Matrix, y: Matrix, to: Matrix): void => blas.gemm(n, n, n, 1, x, y, 0, to)
      times(turned(u), dense(direction, n), half)
      times(half, turned(vh), bases)
      inner.data.fill(0)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          if (i === j) continue
          const rest = sign * productWithout(s, i, j)
          inner.data[i * n + i] += rest * bases.data[j * n + j]
          inner.data[i * n + j] = -rest * bases.data[j * n + i]
        }
      times(u, inner, half)
      times(half, vh, dense(out, n))
    }
  },
)

/** The decomposition, with the sign of det(U) det(V). */
function signed(tools: Tools, a: Float64Array, n: number): { u: Matrix; s: Float64Array; vh: Matrix; sign: number } {
  const u = dense(tools.room.take(n * n), n)
  const s = tools.room.take(n)
  const vh = dense(tools.room.take(n * n), n)
  decompose(tools, a, n, n, s, u.data, vh.data)
  return { u, s, vh, sign: Math.sign(determinant(tools, u, n) * determinant(tools, vh, n)) || 1 }
}

const productWithout = (s: Float64Array, i: number, j: number): number =>
  s.reduce((result, v, k) => (k === i || k === j ? result : result * v), 1)
