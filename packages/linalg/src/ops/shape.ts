import {
  broadcastShapes,
  broadcastTo,
  DTypeError,
  isFloat,
  mul,
  reshape,
  ShapeError,
  show,
  slice,
  transpose,
  type Meta,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { alike, describe, range } from '@gradloom/core/extend'

/** Inputs in the float dtype that they have in common. */
export const asFloats = <T extends readonly TensorLike[]>(...inputs: T): { [K in keyof T]: Tensor } =>
  alike(inputs, { promotion: 'float' }) as { [K in keyof T]: Tensor }

/** Rows and columns of a stack of matrices. @throws ShapeError, DTypeError */
export function matrixSize(name: string, { shape, dtype }: Meta): [rows: number, columns: number] {
  if (shape.length < 2) throw new ShapeError(`${name}: at least two axes required, got ${show(shape)}; use expandDims`)
  if (!isFloat(dtype) || dtype === 'float16')
    throw new DTypeError(`${name}: float32 or float64 required, got ${describe({ shape, dtype })}; cast it`)
  return [shape.at(-2)!, shape.at(-1)!]
}

/** Rows of a stack of square matrices. @throws ShapeError, DTypeError */
export function squareSize(name: string, meta: Meta): number {
  const [rows, columns] = matrixSize(name, meta)
  if (rows !== columns && rows !== -1 && columns !== -1)
    throw new ShapeError(`${name}: square matrices required, got ${show(meta.shape)}; use the last two axes`)
  return Math.max(rows, columns)
}

/** The matrices of the last two axes, transposed. */
export const swap = (t: Tensor): Tensor => transpose(t, [...range(t.rank - 2), t.rank - 1, t.rank - 2])

/** Half the sum of matrices and their transposes: halves, as a sum of the largest numbers would be infinite. */
export function symmetric(t: Tensor): Tensor {
  const half = mul(t, 0.5)
  return half.add(swap(half))
}

/** The leading axes of stacks that meet. @throws ShapeError */
export const leading = (name: string, ...metas: readonly Meta[]): readonly number[] =>
  broadcastShapes(name, ...metas.map(({ shape }) => shape.slice(0, -2)))

/** Matrices over these leading axes. */
export const spreadOver = (axes: readonly number[], t: Tensor): Tensor =>
  broadcastTo(t, [...axes, ...t.shape.slice(-2)])

/** A right-hand side as matrices: where `isVector`, one column. */
export const asColumns = (t: Tensor, isVector: boolean): Tensor => (isVector ? reshape(t, [...t.shape, 1]) : t)

/** Rows of matrices. */
export const rowsOf = (x: Tensor, begin: number, end: number): Tensor =>
  slice(x, [...x.shape.slice(0, -2).map(() => null), [begin, end], null])
/** Columns of matrices. */
export const columnsOf = (x: Tensor, begin: number, end: number): Tensor =>
  slice(x, [...x.shape.slice(0, -1).map(() => null), [begin, end]])
