import {
  add,
  apply,
  asTensor,
  defineOp,
  lessEqual,
  type Op,
  ShapeError,
  show,
  type Tensor,
  type TensorLike,
  where,
} from '@gradloom/core'
import { grid } from '@gradloom/core/extend'
import { checkOffset } from './offset.ts'

const triangle = (name: string, inside: (rowPlusK: Tensor, column: Tensor) => Tensor): Op<{ k: number }> =>
  defineOp<{ k: number }>({
    name,
    infer: ([x]) => {
      if (x.shape.length < 2) throw new ShapeError(`${name}: at least two axes required, got ${show(x.shape)}`)
      return x
    },
    decompose: ([x], { k }) => {
      const [row, column] = grid(x.shape[x.rank - 2], x.shape[x.rank - 1])
      // `false` is a zero of any dtype.
      return where(inside(add(row, k), column), x, false)
    },
  })
const triuOp = triangle('triu', (row, column) => lessEqual(row, column))
const trilOp = triangle('tril', (row, column) => lessEqual(column, row))

function apart(op: Op<{ k: number }>, x: TensorLike, k: number): Tensor {
  checkOffset(op.name, k)
  return apply(op, [asTensor(x)], { k })
}

/** The matrices of the last two axes with 0 below their k-th diagonal. @throws ShapeError */
export const triu = (x: TensorLike, k = 0): Tensor => apart(triuOp, x, k)
/** The matrices of the last two axes with 0 above their k-th diagonal. @throws ShapeError */
export const tril = (x: TensorLike, k = 0): Tensor => apart(trilOp, x, k)
