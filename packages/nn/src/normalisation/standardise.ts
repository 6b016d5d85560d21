import { add, apply, defineOp, mean, mul, rsqrt, square, sub, type Op, type Tensor } from '@gradloom/core'

interface Attrs {
  readonly axes: readonly number[]
  readonly eps: number
}

const inverseDeviation = (x: Tensor, { axes, eps }: Attrs): { centered: Tensor; inverse: Tensor } => {
  const centered = sub(x, mean(x, { axis: axes, keepDims: true }))
  return { centered, inverse: rsqrt(add(mean(square(centered), { axis: axes, keepDims: true }), eps)) }
}

const standardiseOp: Op<Attrs> = defineOp<Attrs>({
  name: 'standardise',
  infer: ([x]) => x,
  decompose: ([x], attrs) => {
    const { centered, inverse } = inverseDeviation(x, attrs)
    return mul(centered, inverse)
  },
  // dx = (g - mean(g) - y mean(g y)) / deviation; the deviation is the forward pass's own, by common subexpressions
  vjp: ({ inputs: [x], outputs: [y], cotangents: [g], attrs }) => {
    const average = (t: Tensor): Tensor => mean(t, { axis: attrs.axes, keepDims: true })
    return [mul(inverseDeviation(x, attrs).inverse, sub(sub(g, average(g)), mul(y, average(mul(g, y)))))]
  },
})

/** (x - mean) / sqrt(variance + eps) over `axes`, of a float tensor. */
export const standardise = (x: Tensor, axes: readonly number[], eps: number): Tensor =>
  apply(standardiseOp, [x], { axes, eps })
