import type { Places } from '@gradloom/core'
import type { CpuKernelCall, KernelArray } from './kernel.ts'

/** A matrix within an array: element (i, j) lies at `at + i * row + j * column`. */
export interface MatrixView<T = Float64Array> {
  readonly data: T
  readonly at: number
  readonly row: number
  readonly column: number
}

/** BLAS on arrays of a run: views of its inputs, outputs and scratch memory. It uses all threads of the backend where
 * that pays, and the bits of its results do not depend on how many there are. */
export interface CpuBlas {
  /**
   * C = alpha A B + beta C for A [m, k], B [k, n], C [m, n] of one dtype. A and B may have any strides: swapped, they
   * are the transposed matrices. C has `row` or `column` 1, and overlaps neither. beta = 0 does not read C.
   *
   * An element's bits depend on k alone, but that products of one row or column, matrix-vector products, sum in an
   * order of their own.
   * @throws KernelError for arrays of other memory, of several dtypes or of none with fractions, for a matrix that does
   * not lie within its array, and for sizes over `largest`
   */
  gemm<T extends Float32Array | Float64Array>(
    m: number,
    n: number,
    k: number,
    alpha: number,
    a: MatrixView<T>,
    b: MatrixView<T>,
    beta: number,
    c: MatrixView<T>,
  ): void
  /**
   * Applies plane rotations to the rows of x, of which `columns` contiguous elements turn: for each sweep in
   * `sweeps[0, length)`, which is a first row, a count, and that many pairs of c and s, rows `first + i` and
   * `first + i + 1` become c x + s y and c y - s x, for i = 0, 1, ... in turn.
   * @throws KernelError for arrays of other memory, for rows that do not lie within theirs, and for sweeps that do not
   * end at `length`
   */
  rotate(x: MatrixView, columns: number, sweeps: Float64Array, length: number): void
}

/** What a kernel is given to work with: the same object in run after run, until its memory is elsewhere. */
export interface Tools {
  /** Holds anything when the run begins. A float32 matrix in it is a view:
   * `new Float32Array(scratch.buffer, scratch.byteOffset, size)`. */
  readonly scratch: Float64Array
  readonly blas: CpuBlas
}

/** What is known of a call when its plan is prepared. */
export interface ShapedCall<A = unknown> {
  readonly inputs: Places<Omit<KernelArray, 'data'>>
  readonly outputs: Places<Omit<KernelArray, 'data'>>
  readonly attrs: A
}

/** A call made ready. */
export interface PreparedCall {
  /** float64 numbers of scratch memory. */
  readonly scratch: number
  /** The longest side of the matrices that `gemm` is given. */
  readonly largest: number
  /** Fills the outputs, at once. */
  run(arrays: Pick<CpuKernelCall, 'inputs' | 'outputs'>, tools: Tools): void
}

/** A kernel with a workspace, scratch memory and BLAS: what plugins register under `kernels.cpu` where a function on
 * views is not enough. `prepare` is asked once for a call of a plan, and the memory is set aside then, so that a run
 * does not fail for want of it.
 * @example const gram: CpuWorkspaceKernel = {
 *   prepare: ({ inputs: [{ shape: [m, n] }] }) => ({
 *     scratch: 0,
 *     largest: Math.max(m, n),
 *     run: ({ inputs: [x], outputs: [y] }, { blas }) => {
 *       const a = { data: x.data as Float64Array, at: 0, row: n, column: 1 }
 *       blas.gemm(n, n, m, 1, { ...a, row: 1, column: n }, a, 0, { ...a, data: y.data as Float64Array })
 *     },
 *   }),
 * } */
export interface CpuWorkspaceKernel<A = never> {
  prepare(call: ShapedCall<A>): PreparedCall
}
