import { add, equal, mul, where, zerosLike } from '@gradloom/core'
import { evolve, type Transformation } from '../transformation.ts'

export interface MomentumOptions {
  readonly momentum: number
  /** b = momentum b + (1 - dampening) g, from the second step on; the first has b = g. */
  readonly dampening?: number
  /** Looks ahead: g + momentum b instead of b. */
  readonly nesterov?: boolean
}

/** A decaying sum of gradients, as PyTorch's SGD keeps it. */
export const scaleByMomentum = ({ momentum, dampening = 0, nesterov = false }: MomentumOptions): Transformation => ({
  update: (gradients, context) =>
    gradients.map((g, i) => {
      const b = evolve(context, `momentum/${context.names[i]}`, zerosLike(g), (old) => {
        const next = add(mul(old, momentum), mul(g, 1 - dampening))
        return dampening ? where(equal(context.step(), 1), g, next) : next
      })
      return nesterov ? add(g, mul(b, momentum)) : b
    }),
})
