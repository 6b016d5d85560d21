import { CholeskyDecomposition, EVD, LU, Matrix, QR, SVD } from 'ml-matrix'
import type { Contender } from '../contender.ts'
import { UnsupportedError } from '../errors.ts'
import { matrices, rightSides } from '../linalg/inputs.ts'
import { rebuild, type Factors } from '../linalg/rebuild.ts'
import type { LinalgTask, LinalgWorkload } from '../workload.ts'

type Factor = Matrix | readonly number[]

const tasks: Readonly<Record<LinalgTask, (a: Matrix, b: Matrix) => readonly Factor[]>> = {
  svd: (a) => {
    const { leftSingularVectors: u, diagonal, rightSingularVectors: v } = new SVD(a, { autoTranspose: true })
    return [u, diagonal, v]
  },
  eigh: (a) => {
    const { realEigenvalues, eigenvectorMatrix } = new EVD(a, { assumeSymmetric: true })
    return [realEigenvalues, eigenvectorMatrix]
  },
  qr: (a) => {
    const { orthogonalMatrix: q, upperTriangularMatrix: r } = new QR(a)
    return [q, r]
  },
  cholesky: (a) => [new CholeskyDecomposition(a).lowerTriangularMatrix],
  lu: (a) => {
    const { pivotPermutationVector: rows, lowerTriangularMatrix: l, upperTriangularMatrix: u } = new LU(a)
    return [rows, l, u]
  },
  solve: (a, b) => [new LU(a).solve(b)],
}

const flat = (factor: Factor): readonly number[] => (factor instanceof Matrix ? factor.to1DArray() : factor)

/** The matrices of a stack, as ml-matrix has them. */
const stackOf = (data: Float64Array, rows: number, columns: number): Matrix[] => {
  const length = rows * columns
  return Array.from({ length: data.length / length }, (_, i) =>
    Matrix.from1DArray(rows, columns, data.subarray(i * length, (i + 1) * length)),
  )
}

/** The results of each matrix of a batch, put in a row. */
function factorsOf(w: LinalgWorkload, found: readonly (readonly Factor[])[]): Factors {
  return found[0].map((_, factor) => {
    const isRight = w.task === 'svd' && factor === 2
    const each = found.map((factors) => (isRight ? (factors[2] as Matrix).transpose() : factors[factor]))
    return Float64Array.from(each.flatMap(flat))
  })
}

/** ml-matrix, one matrix after another, in the calling thread. Its results are in JavaScript as they come. */
export const mlMatrix = (): Contender => ({
  async setup(w) {
    if (w.kind !== 'linalg') throw new UnsupportedError('not a workload for ml-matrix')
    if (w.backward) throw new UnsupportedError('not a workload for ml-matrix: it has no gradients')
    const { task, size: n } = w
    const a = stackOf(matrices(w), n, n)
    const b = stackOf(rightSides(w), n, 1)
    const all = (): (readonly Factor[])[] => a.map((matrix, i) => tasks[task](matrix, b[i]))
    return {
      run: () => all().length,
      check: () => rebuild(w, factorsOf(w, all())),
      dispose: () => {},
    }
  },
})
