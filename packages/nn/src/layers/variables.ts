import { Tensor, type Namespace } from '@gradloom/core'
import type { Parameters } from './layer.ts'

/** Sets a variable for each parameter, named by its path.
 * @example setVariables(env.namespace('model'), model.init(createRng(1))) */
export function setVariables(home: Namespace, parameters: Parameters): void {
  for (const [name, p] of Object.entries(parameters)) {
    if (p instanceof Tensor) home.name(name).set(p)
    else setVariables(home.namespace(name), p)
  }
}

/** The same tree with the variables' tensors in place of the parameters.
 * @example env.compile((ctx) => { const p = getVariables(ctx, parameters, 'model'); ... }) */
export const getVariables = <P extends Parameters>(
  ctx: { variable(name: string): Tensor },
  parameters: P,
  path = '',
): P =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, p]) => {
      const full = path ? `${path}/${name}` : name
      return [name, p instanceof Tensor ? ctx.variable(full) : getVariables(ctx, p, full)]
    }),
  ) as P
