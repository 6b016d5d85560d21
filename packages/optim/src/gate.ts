import { where, type Tensor } from '@gradloom/core'
import { countStep } from './context.ts'
import type { Context } from './transformation.ts'

/** `context` as it is where the bool scalar `open` holds; elsewhere nothing that is set lasts, and no step is counted.
 * */
export function gate(context: Context, open: Tensor): Context {
  const key = {}
  const gated: Context = {
    ...context,
    step: () => context.once(key, () => countStep(gated)),
    state: (name, initial) => {
      const { value, set } = context.state(name, initial)
      return { value, set: (next) => set(where(open, next, value)) }
    },
  }
  return gated
}

/** The updates where `open` holds, else zeros. */
export const gateUpdates = (updates: readonly Tensor[], open: Tensor): Tensor[] => updates.map((u) => where(open, u, 0))
