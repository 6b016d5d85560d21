import {
  apply,
  applyAll,
  defineOp,
  div,
  expandDims,
  log,
  matmul,
  mul,
  ones,
  reciprocal,
  sqrt,
  stopGradient,
  sum,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { demandFunction, reverse } from '@gradloom/core/extend'
import { columnsTimes, eighOp } from '../ops/eigh.ts'
import { rankTolerance } from '../ops/pinv.ts'
import { asFloats, squareSize, swap, symmetric } from '../ops/shape.ts'
import { orOne } from '../ops/unless.ts'
import { gapTolerance, largestOf, strict } from './degenerate.ts'
import { firstDifference, secondDifference, type Elementwise } from './differences.ts'
import { spectrumOp, type SpectrumAttrs } from './spectrum.ts'

/** Eigenvalues and vectors, checked. */
type Decomposed = (a: Tensor) => Eigen

const derivativeOf =
  (f: Elementwise): Elementwise =>
  (x) => {
    const y = f(x)
    return reverse([y], [ones(y.shape, { dtype: y.dtype })], [x])[0]
  }

/** V B V^T. */
const turnedBack = (v: Tensor, b: Tensor): Tensor => matmul(matmul(v, b), swap(v))
/** V^T B V. */
const turned = (v: Tensor, b: Tensor): Tensor => matmul(matmul(swap(v), b), v)

type Eigen = readonly [values: Tensor, vectors: Tensor]

/** Values and directions over the largest magnitude of the values, a constant to gradients: the same second derivative
 * where that does not change with scale, of numbers whose squares stay in range. */
export function overLargest(eigen: Eigen, ...directions: readonly Tensor[]): readonly [Eigen, ...Tensor[]] {
  const [w, v] = eigen
  if (w.shape.at(-1) === 0) return [eigen, ...directions]
  const most = stopGradient(largestOf(w))
  const scale = orOne(most)
  return [[div(w, scale), v], ...directions.map((x) => div(x, expandDims(scale, -1)))]
}

/** D^2 f(A)[E, F]: in the basis of A, sum_k f[i, k, j] (E_ik F_kj + F_ik E_kj). */
export function secondDerivative(
  [w, v]: Eigen,
  f: Elementwise,
  df: Elementwise,
  d2f: Elementwise,
  e: Tensor,
  g: Tensor,
): Tensor {
  const [x, y] = [turned(v, e), turned(v, g)]
  const differences = secondDifference(
    f,
    df,
    d2f,
    expandDims(w, [-2, -1]),
    expandDims(w, [-3, -1]),
    expandDims(w, [-3, -2]),
  )
  // Axes i, k, j.
  const pairs = mul(expandDims(x, -1), expandDims(y, -3)).add(mul(expandDims(y, -1), expandDims(x, -3)))
  return turnedBack(v, sum(mul(differences, pairs), { axis: -2 }))
}

/** The ops of a function: itself, its derivative in a direction, and its second derivative in two. `isFree`: whether
 * scale adds to f what does not depend on x. */
function opOf(name: string, f: Elementwise, df: Elementwise, must?: SpectrumAttrs['must'], isFree = false): Op {
  const decomposed: Decomposed = (a) => {
    const [w, v] = applyAll(eighOp, [a], strict(name))
    if (!must) return [w, v]
    const tolerance = must === 'be positive' ? rankTolerance(w.dtype, w.shape.at(-1)!, 1) : gapTolerance(w.dtype)
    return [apply(spectrumOp, [w], { name, must, tolerance }), v]
  }
  const second: Op = defineOp({
    name: `${name} second derivative`,
    infer: ([a]) => a,
    decompose: ([a, e, g]) => {
      const eigen = decomposed(a)
      const [of, x, y] = isFree ? overLargest(eigen, e, g) : [eigen, e, g]
      return symmetric(secondDerivative(of, f, df, derivativeOf(df), x, y))
    },
  })
  const first: Op = defineOp({
    name: `${name} derivative`,
    infer: ([a]) => a,
    decompose: ([a, e]) => {
      const [w, v] = decomposed(a)
      const differences = firstDifference(f, df, expandDims(w, -1), expandDims(w, -2))
      return symmetric(turnedBack(v, mul(differences, turned(v, e))))
    },
    // The derivative is its own adjoint.
    vjp: ({ inputs: [a, e], cotangents: [g] }) => [
      apply(second, [a, e, symmetric(g)]),
      apply(first, [a, symmetric(g)]),
    ],
  })
  return defineOp({
    name,
    infer: ([a]) => {
      squareSize(name, a)
      return a
    },
    decompose: ([a]) => {
      const [w, v] = decomposed(a)
      return matmul(columnsTimes(v, f(w)), swap(v))
    },
    vjp: ({ inputs: [a], cotangents: [g] }) => [apply(first, [a, symmetric(g)])],
  })
}

/** f of the eigenvalues of symmetric matrices, V diag(f(w)) V^T: `[..., n, n] -> [..., n, n]`. `f` and its derivative
 * `df` (that of `f` where absent) take and give tensors, element by element, and are called with values between
 * eigenvalues too. The gradient is by divided differences of f, which are exact where eigenvalues are equal and
 * accurate to rounding where they almost are; the second derivative too, further ones need gaps.
 * Make the function once and call it often: each has ops, and plans, of its own.
 * @throws ShapeError, DTypeError, SettingError; while running, LinalgError as `eigh`
 * @see Ju. L. Daleckii, S. G. Krein, 1965; N. J. Higham, "Functions of Matrices", 2008, theorem 3.11
 * @example const softplus = spectralFunction((x) => log1p(exp(x)), sigmoid); const y = softplus(a) */
export function spectralFunction(f: Elementwise, df: Elementwise = derivativeOf(f)): (a: TensorLike) => Tensor {
  demandFunction('spectralFunction', f, 'f')
  demandFunction('spectralFunction', df, 'df')
  const op = opOf('spectralFunction', f, df)
  return (a) => apply(op, asFloats(a))
}

const sqrtOp: Op = /* @__PURE__ */ opOf('matrixSqrt', sqrt, (x) => div(0.5, sqrt(x)), 'not be negative')
const logOp: Op = /* @__PURE__ */ opOf('matrixLog', log, reciprocal, 'be positive', true)

/** The symmetric square root of symmetric matrices without negative eigenvalues. An eigenvalue of 0,
 * where the derivative is infinite, has gradient 0.
 * @throws ShapeError, DTypeError; while running, LinalgError as `eigh`, and for a negative eigenvalue
 * @see N. J. Higham, "Functions of Matrices", 2008, chapter 6
 * @example const root = matrixSqrt([[2, 1], [1, 2]]) */
export const matrixSqrt = (a: TensorLike): Tensor => apply(sqrtOp, asFloats(a))

/** The symmetric logarithm of symmetric matrices with positive eigenvalues: all of n are more than n eps times the
 * largest, eps the rounding of the dtype.
 * @throws ShapeError, DTypeError; while running, LinalgError as `eigh`, and for an eigenvalue that is not positive
 * @see N. J. Higham, "Functions of Matrices", 2008, chapter 11
 * @example const l = matrixLog([[2, 1], [1, 2]]) */
export const matrixLog = (a: TensorLike): Tensor => apply(logOp, asFloats(a))
