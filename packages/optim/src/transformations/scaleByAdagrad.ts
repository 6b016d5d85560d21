import { add, div, full, mul, sqrt } from '@gradloom/core'
import { evolve, type Transformation } from '../transformation.ts'

/** g / (sqrt(sum of g^2 so far) + eps). @see https://jmlr.org/papers/v12/duchi11a.html */
export const scaleByAdagrad = ({
  eps = 1e-10,
  initial = 0,
}: { readonly eps?: number; readonly initial?: number } = {}): Transformation => ({
  update: (gradients, context) =>
    gradients.map((g, i) => {
      const total = evolve(context, `sum/${context.names[i]}`, full(g.shape, initial, g), (old) => add(old, mul(g, g)))
      return div(g, add(sqrt(total), eps))
    }),
})
