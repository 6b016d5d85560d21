import { DTypeError, NameError, ShapeError } from '../errors.ts'
import type { Meta } from '../graph/meta.ts'
import { Tensor, type TensorLike } from '../graph/tensor.ts'
import { sourceOf, type VariableAttrs } from '../ops/leaf.ts'
import { demand } from '../settings.ts'
import { sameShape, show } from '../shape.ts'

/** Assignments to variables that a compiled step applies after all of its reads. */
export class Update {
  /** Pairs of a variable's tensor, as `ctx.variable` gave it, and its new value. */
  readonly assignments: readonly (readonly [Tensor, Tensor])[]
  constructor(assignments: Update['assignments']) {
    this.assignments = assignments
  }
}

/** Sets a variable to `value` when the step ends. @throws ShapeError, DTypeError where they differ in shape or dtype
 * @example return { loss, count: assign(count, count.add(1)) } */
export function assign(variable: Tensor, value: Tensor): Update {
  attrsOf(variable)
  demand(value instanceof Tensor, 'assign', 'a tensor', value)
  checkAssignable('assign', variable, value)
  return new Update([[variable, value]])
}

/** @throws ShapeError, DTypeError where a variable cannot be `value` */
export function checkAssignable(name: string, variable: Meta, value: Meta): void {
  if (!sameShape(variable.shape, value.shape))
    throw new ShapeError(
      `${name}: ${show(variable.shape)} of the variable required, got ${show(value.shape)}; use another name`,
    )
  if (variable.dtype !== value.dtype)
    throw new DTypeError(`${name}: ${variable.dtype} required, got ${value.dtype}; cast it`)
}

/** All of these updates as one. */
export const updates = (...list: readonly Update[]): Update =>
  new Update(
    list.flatMap((u) => {
      demand(u instanceof Update, 'updates', 'updates', u)
      return u.assignments
    }),
  )

/** A state variable of an optimizer or layer, beside the variable `near`: made with `initial` where its environment has
 * none of that name yet, saved and loaded with the rest, not listed as a parameter.
 * @throws NameError where a parameter has that name
 * @example const m = slot(param, `adam/m/${nameOf(param)}`, zerosLike(param)) */
export const slot = (near: Tensor, name: string, initial: TensorLike): Tensor =>
  attrsOf(near).environment.slot(name, initial)

/** Gives the slots of a namespace, in the environment of the variable `near`, to all who call themselves `owner`. Those
 * of another owner before it are disposed: steps that use them fail. Parameters of such names stay. */
export const claim = (near: Tensor, namespace: string, owner: string): void =>
  attrsOf(near).environment.claim(namespace, owner)

/** The full name of a variable. */
export const nameOf = (variable: Tensor): string => attrsOf(variable).name

function attrsOf(t: Tensor): VariableAttrs {
  const node = (t as Partial<Tensor> | undefined)?.node
  if (!node || sourceOf(node) !== 'variable')
    throw new NameError('variable: a variable required, as ctx.variable(name) gives it')
  return node.attrs as VariableAttrs
}
