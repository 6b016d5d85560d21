import { eachMatrix, stackSize, type Kernel, type Place } from './kernel.ts'
import { determinant } from './lu.ts'
import { transposed } from './reflector.ts'
import { decompose } from './svd.ts'
import { product } from './update.ts'

/** The matrix of cofactors det(A) A^-T, also where A is singular: det(U) det(V) U diag(products of the other s) V^T. */
export const cofactor: Kernel = ({ inputs: [x], outputs: [y] }) => {
  const n = x.shape.at(-1)!
  eachMatrix('det', stackSize(x.shape), [x], [y], ([a], [out], place) => {
    const { u, vh, s, sign } = signed(a, n, place)
    out.fill(0)
    for (let k = 0; k < n; k++) {
      const others = sign * productWithout(s, k, -1)
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out[i * n + j] += others * u[i * n + k] * vh[k * n + j]
    }
  })
}

/** The derivative of cofactors in the direction of the second input: in the bases of A, with P_ij the product of all s
 * but those of i and j, sum_{j != i} P_ij E_jj on the diagonal and -P_ij E_ji beside it. */
export const cofactorDerivative: Kernel = ({ inputs: [x, e], outputs: [y] }) => {
  const n = x.shape.at(-1)!
  eachMatrix('det', stackSize(x.shape), [x, e], [y], ([a, direction], [out], place) => {
    const { u, vh, s, sign } = signed(a, n, place)
    const turned = product(product(transposed(u, n, n), direction, n, n, n), transposed(vh, n, n), n, n, n)
    const inner = new Float64Array(n * n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        if (i === j) continue
        const rest = sign * productWithout(s, i, j)
        inner[i * n + i] += rest * turned[j * n + j]
        inner[i * n + j] = -rest * turned[j * n + i]
      }
    out.set(product(product(u, inner, n, n, n), vh, n, n, n))
  })
}

/** The decomposition, with the sign of det(U) det(V). */
function signed(
  a: Float64Array,
  n: number,
  place: Place,
): { u: Float64Array; s: Float64Array; vh: Float64Array; sign: number } {
  const u = new Float64Array(n * n)
  const s = new Float64Array(n)
  const vh = new Float64Array(n * n)
  decompose(a, n, n, s, u, vh, place)
  const sign = Math.sign(determinant(u.slice(), n) * determinant(vh.slice(), n)) || 1
  return { u, s, vh, sign }
}

const productWithout = (s: Float64Array, i: number, j: number): number =>
  s.reduce((result, v, k) => (k === i || k === j ? result : result * v), 1)
