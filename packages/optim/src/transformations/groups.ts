import { NameError, zerosLike, type Tensor } from '@gradloom/core'
import { optimizer, type Optimizer } from '../optimizer.ts'
import { requirePlain, type Context, type Transformation } from '../transformation.ts'

/** Applies `inner` to the parameters at `at` only, and puts the results back among the gradients. */
function onSome(
  inner: Transformation,
  at: readonly number[],
  gradients: readonly Tensor[],
  context: Context,
): Tensor[] {
  const some = <T>(list: readonly T[]): T[] => at.map((i) => list[i])
  const result = [...gradients]
  if (at.length)
    inner
      .update(some(gradients), { ...context, params: some(context.params), names: some(context.names) })
      .forEach((u, k) => {
        result[at[k]] = u
      })
  return result
}

/** `inner` for the parameters that `select` chooses by name; the gradients of others pass as they are.
 * @example chain(maskedBy((name) => !name.endsWith('bias'), addDecayedWeights(0.01)), sgd({ learningRate: 0.1 })) */
export const maskedBy = (
  select: (name: string, parameter: Tensor) => boolean,
  inner: Transformation,
): Transformation => {
  requirePlain('maskedBy', inner)
  return {
    update: (gradients, context) =>
      onSome(
        inner,
        context.names.flatMap((name, i) => (select(name, context.params[i]) ? [i] : [])),
        gradients,
        context,
      ),
  }
}

/** Each parameter by the optimizer of its group; the groups' state and reports are kept under their names.
 * @throws NameError for a group without an optimizer
 * @example perGroup((name) => (name.startsWith('head/') ? 'head' : 'body'), { head: adam(), body: freeze() }) */
export const perGroup = (
  groupOf: (name: string, parameter: Tensor) => string,
  groups: { readonly [group: string]: Transformation },
): Optimizer =>
  optimizer({
    update: (gradients, context) => {
      Object.values(groups).forEach((inner) => requirePlain('perGroup', inner))
      const members = context.names.map((name, i) => groupOf(name, context.params[i]))
      members.forEach((group, i) => {
        if (!Object.hasOwn(groups, group))
          throw new NameError(
            `perGroup: no optimizer for group ${group} of ${context.names[i]}; there are ` +
              `${Object.keys(groups).join(', ')}`,
          )
      })
      return Object.entries(groups).reduce<readonly Tensor[]>(
        (done, [group, inner]) =>
          onSome(
            inner,
            members.flatMap((m, i) => (m === group ? [i] : [])),
            done,
            {
              ...context,
              state: (name, initial) => context.state(`${group}/${name}`, initial),
              report: (name, value) => context.report(`${group}/${name}`, value),
            },
          ),
        gradients,
      )
    },
  })

/** Parameters that stay as they are. */
export const freeze = (): Transformation => ({ update: (gradients) => gradients.map(zerosLike) })
