import { apply, cast, defineOp, mul, zerosLike, type DType, type Tensor, type Tree } from '@gradloom/core'
import { filledWith, getOrInsert } from '@gradloom/core/extend'
import { aligned, mapTensors, tensorsOf, type Tensors, type TensorTree } from '../tensors.ts'
import { counted, counter, type Transformation } from '../transformation.ts'

const averageOp = /* @__PURE__ */ defineOp<{ readonly decay: number }>({
  name: 'average',
  expr: ([old, x], { decay }) => old.mul(decay).add(x.mul(1 - decay)),
  vjp: ({ cotangents: [g], attrs: { decay } }) => [mul(g, decay), mul(g, 1 - decay)],
})
/** decay old + (1 - decay) x. One op, since a step has it for every moment of every parameter. */
export const average = (decay: number, old: Tensor, x: Tensor): Tensor => apply(averageOp, [old, x], { decay })

/** For one tensor: its update, and what follows the state of each kind. */
export type Formula = (g: Tensor, old: Tensors, parameter: Tensor) => readonly [update: Tensor, next: Tensors]

/** The transformation that applies a formula to each gradient, with state of these kinds, zeros at first. `ofStep`
 * gives it, once for all gradients of a dtype, for the number of the step, from 1, in that dtype; the step is counted
 * with `counts`. */
export const perTensor = (
  kinds: readonly string[],
  ofStep: (t: Tensor) => Formula,
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
      const formulas = new Map<DType, Formula>()
      const results = tensorsOf(gradients).map((g, i) => {
        const formula = getOrInsert(formulas, g.dtype, () => ofStep(cast(next, g.dtype)))
        const own = each((_, k) => before[k][i])
        return formula(g, own, parameters[i])
      })
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
