import { stackKernel, type Kernel, type Place, type Tools } from './kernel.ts'
import { createPivots, pivotsRoom, productOf } from './lu.ts'
import { dense, roomOf, turned, type Matrix } from './matrix.ts'
import { createSvd, svdRoom } from './svd.ts'

/** The matrix of cofactors det(A) A^-T, also where A is singular: det(U) det(V) U diag(products of the other s) V^T. */
export const cofactor: Kernel = /* @__PURE__ */ stackKernel(
  'det',
  ({ inputs: [{ shape }] }) => roomFor(shape.at(-1)!, 1),
  ({ inputs: [{ shape }] }, tools) => {
    const n = shape.at(-1)!
    const decompose = createSigned(tools, n)
    const weighed = dense(tools.room.take(n * n), n)
    return ([a], [out], place) => {
      const { u, vh, s, sign } = decompose(a, place)
      for (let k = 0; k < n; k++) {
        const others = sign * productOf(s, k)
        for (let j = 0; j < n; j++) weighed.data[k * n + j] = others * vh.data[k * n + j]
      }
      tools.blas.gemm(n, n, n, 1, u, weighed, 0, dense(out, n))
    }
  },
)

/** The derivative of cofactors in the direction of the second input: in the bases of A, with P_ij the product of all s
 * but those of i and j, sum_{j != i} P_ij E_jj on the diagonal and -P_ij E_ji beside it. */
export const cofactorDerivative: Kernel = /* @__PURE__ */ stackKernel(
  'det',
  ({ inputs: [{ shape }] }) => roomFor(shape.at(-1)!, 3),
  ({ inputs: [{ shape }] }, tools) => {
    const n = shape.at(-1)!
    const { blas, room } = tools
    const decompose = createSigned(tools, n)
    const [half, bases, inner] = Array.from({ length: 3 }, () => dense(room.take(n * n), n))
    const times = (x: Matrix, y: Matrix, to: Matrix): void => blas.gemm(n, n, n, 1, x, y, 0, to)
    return ([a, direction], [out], place) => {
      const { u, vh, s, sign } = decompose(a, place)
      times(turned(u), dense(direction, n), half)
      times(half, turned(vh), bases)
      inner.data.fill(0)
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          if (i === j) continue
          const rest = sign * productOf(s, i, j)
          inner.data[i * n + i] += rest * bases.data[j * n + j]
          inner.data[i * n + j] = -rest * bases.data[j * n + i]
        }
      times(u, inner, half)
      times(half, vh, dense(out, n))
    }
  },
)

interface Signed {
  readonly u: Matrix
  readonly s: Float64Array
  readonly vh: Matrix
  readonly sign: number
}

/** What `createSigned` takes, and `squares` matrices. */
const roomFor = (n: number, squares: number): number =>
  svdRoom(n, n) + pivotsRoom(n) + (squares + 2) * roomOf(n * n) + roomOf(n)

/** Gives the decomposition, with the sign of det(U) det(V). */
function createSigned(tools: Tools, n: number): (a: Float64Array, place: Place) => Signed {
  const svd = createSvd(tools, n, n, true)
  const pivotsOf = createPivots(tools, n)
  const u = dense(tools.room.take(n * n), n)
  const s = tools.room.take(n)
  const vh = dense(tools.room.take(n * n), n)
  return (a, place) => {
    svd(a, s, u.data, vh.data, place)
    return { u, s, vh, sign: Math.sign(productOf(pivotsOf(u)) * productOf(pivotsOf(vh))) || 1 }
  }
}
