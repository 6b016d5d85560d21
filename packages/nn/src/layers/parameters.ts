import { Tensor, type Namespace } from '@gradloom/core'
import { filledWith } from '@gradloom/core/extend'

/** Parameters by name, nested as the layers are. What training moves without a gradient, such as running statistics, is
 * in records named `state`. */
export interface Parameters {
  readonly [name: string]: Tensor | ParameterTree
}

/** Parameters, or those of several layers as a list. */
export type ParameterTree = Parameters | readonly ParameterTree[]

/** A tensor among parameters, and the name of its variable. */
export interface Named {
  readonly name: string
  readonly tensor: Tensor
  readonly isState: boolean
}

/** All tensors, named by their path; states are named as if they stood beside the parameters. */
export const named = (parameters: ParameterTree, path = '', isState = false): Named[] =>
  Object.entries<Tensor | ParameterTree>(parameters as Parameters).flatMap(([key, p]) => {
    if (p instanceof Tensor) return [{ name: path + key, tensor: p, isState }]
    return key === 'state' ? named(p, path, true) : named(p, `${path}${key}/`, isState)
  })

/** Sets a variable for each parameter and state, named by its path.
 * @example setVariables(env.namespace('model'), model.init(createRng(1))) */
export function setVariables(home: Namespace, parameters: ParameterTree): void {
  for (const { name, tensor, isState } of named(parameters)) home.name(name).set(tensor, { state: isState })
}

/** The same tree with the variables' tensors in place of the parameters.
 * @example env.compile((ctx) => { const p = getVariables(ctx, parameters, 'model'); ... }) */
export const getVariables = <P extends ParameterTree>(
  ctx: { variable(name: string): Tensor },
  parameters: P,
  path = '',
): P =>
  filledWith(
    parameters,
    named(parameters, path && `${path}/`).map(({ name }) => ctx.variable(name)),
  ) as P
