import {
  applyAll,
  asTensor,
  defineOp,
  div,
  mul,
  neg,
  reshape,
  sub,
  zerosLike,
  type Op,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { called, closed, parameter, present, requireSame, reverse, riskOf, type Body } from '@gradloom/core/extend'
import type { KrylovAttrs } from '../kernels/krylov.ts'
import { bicgstab } from '../krylov/bicgstab.ts'
import { conjugateGradient } from '../krylov/conjugateGradient.ts'
import { gmres } from '../krylov/gmres.ts'
import { norm, ratio, type Reached, type System } from '../krylov/iteration.ts'
import { largestOf } from '../spectral/degenerate.ts'
import { asFloats } from './shape.ts'
import { orOne } from './unless.ts'

/** A matrix as a function: what it multiplies a tensor of the right-hand side's shape to. It must be linear. */
export type LinearOperator = (x: Tensor) => TensorLike

/** The operator is a body whose first parameter is the vector; the others are what the function uses beside it. */
interface OperatorAttrs extends KrylovAttrs {
  readonly operator: Body
}

const solved = (attrs: OperatorAttrs, system: System): Reached => {
  switch (attrs.method) {
    case 'conjugateGradient':
      return conjugateGradient(system)
    case 'bicgstab':
      return bicgstab(system)
    case 'gmres':
      return gmres(system, attrs.restart)
  }
}

/** The operator for inputs of these shapes, its gradients expanded: among parameters of its own, since a gradient would
 * see through values that it is called with. */
function expanded(operator: Body, inputs: readonly Tensor[]): Body {
  const parameters = inputs.map(parameter)
  return { parameters, results: called(operator, parameters) }
}

/** From a cotangent of A x, at the parameters of the operator: the gradient in each of them. */
function pullback({ parameters, results }: Body): Body {
  const cotangents = results.map(parameter)
  return { parameters: [...cotangents, ...parameters], results: reverse(results, cotangents, parameters, true) }
}

/** x -> A^T x. A is linear, so its gradient in x is the same wherever it is taken. */
function transposed(operator: Body): Body {
  const [x, ...rest] = operator.parameters
  const given = [parameter(x), ...rest]
  const [gradient] = called(pullback(operator), [given[0], zerosLike(x), ...rest])
  return { parameters: given, results: [gradient] }
}

/** Solves by ops. Inputs: b, and what the operator uses. */
export const operatorSolverOp: Op<OperatorAttrs> = defineOp<OperatorAttrs>({
  name: 'operator solver',
  risk: (_, { operator }) => riskOf(operator),
  infer: ([b]) => [b, { shape: [], dtype: 'int32' }, { shape: [], dtype: b.dtype }],
  decompose: ([b, ...captured], attrs) => {
    const operator = expanded(attrs.operator, [b, ...captured])
    const given = reshape(b, [-1])
    const scale = largestOf(given)
    // Products of numbers around 1: those of A and b can vanish or overflow.
    const flat = ratio(given, scale)
    const image = (x: Tensor): Tensor => reshape(called(operator, [reshape(x, b.shape), ...captured])[0], flat.shape)
    const reach = largestOf(image(flat))
    const scaleA = orOne(reach)
    const apply = (x: Tensor): Tensor => div(image(x), scaleA)
    const size = norm(flat)
    const { x, count } = solved(attrs, { apply, b: flat, least: mul(size, attrs.tolerance), most: attrs.maxIterations })
    return [reshape(mul(x, div(scale, scaleA)), b.shape), count, ratio(norm(sub(flat, apply(x))), size)]
  },
  // By the implicit function theorem: w = A^-T g, and -w for the cotangent of A x.
  vjp: ({ inputs: [b, ...captured], outputs: [x], cotangents: [g], attrs }) => {
    const own = expanded(attrs.operator, [b, ...captured])
    const operator = attrs.method === 'conjugateGradient' ? own : transposed(own)
    const [w] = applyAll(operatorSolverOp, [g, ...captured], { ...attrs, operator })
    const [, ...gradients] = called(pullback(own), [neg(w), x, ...captured])
    return [w, ...gradients]
  },
})

/** x, iterations and residual of a system whose matrix is a function. */
export function solvedByOperator(fn: LinearOperator, right: TensorLike, attrs: KrylovAttrs): readonly Tensor[] {
  const [b] = asFloats(right)
  const x = parameter(b)
  const y = asTensor(present(attrs.method, fn(x)))
  requireSame(attrs.method, 'A x and x', x, y)
  const { body, captured } = closed([y], [x])
  return applyAll(operatorSolverOp, [b, ...captured], { ...attrs, operator: body })
}
