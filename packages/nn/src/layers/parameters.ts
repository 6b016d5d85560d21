import { Tensor, type Namespace } from '@gradloom/core'
import { filledWith, demand, demandFunction } from '@gradloom/core/extend'

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

/** Records within records: those that hold themselves have no end. */
const MAX_DEPTH = 512

/** All tensors, named by their path; states are named as if they stood beside the parameters. */
export function named(parameters: ParameterTree, path = '', isState = false, depth = 0): Named[] {
  const isRecord = Object(parameters) === parameters && !(parameters instanceof Promise)
  demand(isRecord && depth < MAX_DEPTH, 'parameters', 'a record of tensors', parameters)
  return Object.entries<Tensor | ParameterTree>(parameters as Parameters).flatMap(([key, p]) => {
    if (p instanceof Tensor) return [{ name: path + key, tensor: p, isState }]
    return key === 'state' ? named(p, path, true, depth + 1) : named(p, `${path}${key}/`, isState, depth + 1)
  })
}

/** Sets a variable for each parameter and state, named by its path.
 * @example setVariables(env.namespace('model'), model.init(createRng(1))) */
export function setVariables(home: Namespace, parameters: ParameterTree): void {
  demandFunction('setVariables', home?.name)
  for (const { name, tensor, isState } of named(parameters)) home.name(name).set(tensor, { state: isState })
}

/** The same tree with the variables' tensors in place of the parameters.
 * @example env.compile((ctx) => { const p = getVariables(ctx, parameters, 'model'); ... }) */
export const getVariables = <P extends ParameterTree>(
  ctx: { variable(name: string): Tensor },
  parameters: P,
  path = '',
): P => {
  demandFunction('getVariables', ctx?.variable)
  demand(typeof path === 'string', 'getVariables', 'a path', path)
  const all = named(parameters, path && `${path}/`)
  return filledWith(
    parameters,
    all.map(({ name }) => ctx.variable(name)),
  ) as P
}
