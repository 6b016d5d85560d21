import { constant, defineOp, type OpDefinition } from '../graph/op.ts'
import { apply } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import type { Scalar, UnaryOp } from '../scalar.ts'

export type Unary = (x: TensorLike) => Tensor
export type Binary = (a: TensorLike, b: TensorLike) => Tensor
type Settings = Pick<OpDefinition<undefined>, 'promotion' | 'simplify'>

/** The function that applies a formula of one argument. `rule`: the gradient of x for a cotangent g of y; without one
 * it is 0. */
/* @__NO_SIDE_EFFECTS__ */
export function elementwise(
  name: string,
  expr: (x: Scalar) => Scalar,
  rule?: (g: Tensor, x: Tensor, y: Tensor) => Tensor,
  settings?: Settings,
): Unary {
  const op = defineOp({
    name,
    expr: ([x]) => expr(x),
    ...settings,
    vjp: rule ? ({ inputs: [x], outputs: [y], cotangents: [g] }) => [rule(g, x, y)] : () => [null],
  })
  return (x) => apply(op, [x])
}

/** {@link elementwise} for a scalar operation on floats. */
/* @__NO_SIDE_EFFECTS__ */
export function unary(name: UnaryOp, rule: (g: Tensor, x: Tensor, y: Tensor) => Tensor): Unary {
  return elementwise(name, (x) => x.unary(name), rule, { promotion: 'float' })
}

/** The function that applies a formula of two arguments. */
/* @__NO_SIDE_EFFECTS__ */
export function binary(
  name: string,
  expr: (a: Scalar, b: Scalar) => Scalar,
  rule?: (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => readonly (Tensor | null)[],
  settings?: Settings,
): Binary {
  const op = defineOp({
    name,
    expr: ([a, b]) => expr(a, b),
    ...settings,
    vjp: rule ? ({ inputs: [a, b], outputs: [y], cotangents: [g] }) => rule(g, a, b, y) : constant,
  })
  return (a, b) => apply(op, [a, b])
}
