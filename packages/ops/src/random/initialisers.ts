import {
  add,
  checkShape,
  div,
  type DType,
  matmul,
  mul,
  reshape,
  type Shape,
  ShapeError,
  show,
  sizeOf,
  sqrt,
  square,
  sum,
  type Tensor,
  transpose,
} from '@gradloom/core'
import { range } from '@gradloom/core/extend'
import type { Source } from './bits.ts'
import { normals } from './distributions.ts'

/** Inputs and outputs of a weight: `[in, out]` for products; `[out, in, ...kernel]` for convolutions, times the
 * kernel's size.
 * @throws ShapeError for a scalar */
export function fans(shape: Shape): [fanIn: number, fanOut: number] {
  checkShape('rng', shape)
  if (!shape.length) throw new ShapeError(`rng: a weight of at least one axis required, got ${show(shape)}`)
  const [a, b = a, ...kernel] = shape
  const taps = sizeOf(kernel)
  return shape.length > 2 ? [b * taps, a * taps] : [a, b]
}

/**
 * A matrix (axes after the first read as one) with orthonormal rows or columns, whichever are fewer, uniform among
 * these: the polar factor of a normal matrix. Iterating x (a + b x'x + c (x'x)^2) takes every singular value to 1; the
 * first rounds (a, b, c) enlarge small ones 3.4-fold and hold the rest near 1, the last converge cubically.
 * @see Higham: Functions of Matrices (2008), chapter 8; Jordan and others: Muon (2024) for the first coefficients
 */
export function orthogonalMatrix(source: Source, shape: Shape, dtype?: DType): Tensor {
  checkShape('orthogonal', shape)
  if (shape.length < 2) throw new ShapeError(`orthogonal: at least two axes required, got ${show(shape)}`)
  const rows = shape[0]
  const columns = sizeOf(shape.slice(1))
  const wide = rows < columns
  const start = normals(source, wide ? [columns, rows] : [rows, columns], dtype)[0]
  const step = (x: Tensor, [a, b, c]: readonly number[]): Tensor => {
    const gram = matmul(transpose(x), x)
    return add(mul(x, a), matmul(x, add(mul(gram, b), mul(matmul(gram, gram), c))))
  }
  const coefficients = [
    ...range(16).map(() => [3.4445, -4.775, 2.0315]),
    ...range(6).map(() => [15 / 8, -10 / 8, 3 / 8]),
  ]
  const q = coefficients.reduce(step, div(start, sqrt(sum(square(start)))))
  return reshape(wide ? transpose(q) : q, shape)
}
