import { add, cast, mul, zerosLike, type Tensor, type Tree } from '@gradloom/core'
import { filledWith } from '@gradloom/core/extend'
import { aligned, mapTensors, tensorsOf, type Tensors, type TensorTree } from '../tensors.ts'
import { counted, counter, type Transformation } from '../transformation.ts'

/** decay old + (1 - decay) x. */
export const average = (decay: number, old: Tensor, x: Tensor): Tensor => add(mul(old, decay), mul(x, 1 - decay))

/** A formula for one tensor: its update, and what follows the state of each kind. */
export type Formula = (
  g: Tensor,
  old: Tensors,
  t: Tensor,
  parameter: Tensor,
) => readonly [update: Tensor, next: Tensors]

/** The transformation that applies `formula` to each gradient, with state of these kinds, zeros at first. With `counts`
 * it is given the number of the step, from 1, in the dtype of the gradient. */
export const perTensor = (
  kinds: readonly string[],
  formula: Formula,
  { counts = false, initial = zerosLike }: { counts?: boolean; initial?: (parameter: Tensor) => Tensor } = {},
): Transformation => {
  const each = <T>(of: (kind: string, k: number) => T): { readonly [kind: string]: T } =>
    Object.fromEntries(kinds.map((kind, k) => [kind, of(kind, k)]))
  return {
    init: (params, step = counter()) => ({ ...(counts && { step }), ...each(() => mapTensors(initial, params)) }),
    update(gradients, state, { params }) {
      const { step = counter(), ...old } = (state ?? {}) as { readonly step?: Tensor; readonly [kind: string]: Tree }
      const next = counted(step)
      const parameters = aligned('optimizer', params, gradients)
      const before = kinds.map((kind) => aligned('optimizer', old[kind], gradients))
      const results = tensorsOf(gradients).map((g, i) =>
        formula(
          g,
          each((_, k) => before[k][i]),
          cast(next, g.dtype),
          parameters[i],
        ),
      )
      const filled = (leaves: Tensor[]): TensorTree => filledWith(gradients, leaves) as TensorTree
      return {
        updates: filled(results.map(([update]) => update)),
        state: {
          ...(counts && { step: next }),
          ...each((kind) => filled(results.map(([, after]) => after[kind]))),
        },
      }
    },
  }
}
