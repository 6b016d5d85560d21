import { expandDims, sum, type Shape, type Tensor } from '@gradloom/core'

/** The transpose of broadcasting: g summed over the axes that broadcasting from `shape` added or stretched. */
export function sumTo(g: Tensor, shape: Shape): Tensor {
  const lead = g.rank - shape.length
  const axes = g.shape.map((_, i) => i).filter((i) => i < lead || (shape[i - lead] === 1 && g.shape[i] !== 1))
  return axes.length
    ? expandDims(
        sum(g, { axis: axes }),
        axes.filter((a) => a >= lead).map((a) => a - lead),
      )
    : g
}
