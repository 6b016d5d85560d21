import {
  add,
  apply,
  cast,
  defineOp,
  div,
  mul,
  rsqrt,
  sizeOf,
  slice,
  square,
  stopGradient,
  sub,
  sum,
  type Op,
  type Tensor,
} from '@gradloom/core'
import { upcast } from '@gradloom/core/extend'

interface Attrs {
  readonly axes: readonly number[]
  readonly eps: number
}

const averageOver =
  (axes: readonly number[]) =>
  (t: Tensor): Tensor =>
    div(sum(t, { axis: axes, keepDims: true }), sizeOf(axes.map((a) => t.shape[a])))

/**
 * Mean, deviations from it, and variance over `axes`, which stay with size 1; sizes are known.
 *
 * The mean is the first element plus the mean of the distances from it (shifted data: Chan, Golub, LeVeque 1983,
 * https://doi.org/10.1080/00031305.1983.10483115), and deviations are distances less their mean: what they round is in
 * proportion to how far elements lie apart, not to how far from 0. Where all are equal, distances, deviations and
 * variance are exactly 0. Sums are divided: a product with a rounded 1 / n is off for most n. All three are float32 for
 * a float16 x.
 */
export function moments(
  given: Tensor,
  axes: readonly number[],
): { readonly mean: Tensor; readonly centered: Tensor; readonly variance: Tensor } {
  const x = upcast(given)
  const average = averageOver(axes)
  const first = stopGradient(
    slice(
      x,
      x.shape.map((_, i) => (axes.includes(i) ? [0, 1] : null)),
    ),
  )
  const distances = sub(x, first)
  const apart = average(distances)
  const centered = sub(distances, apart)
  return { mean: add(first, apart), centered, variance: average(square(centered)) }
}

const inverseOf = (variance: Tensor, eps: number): Tensor => rsqrt(add(variance, eps))

const standardiseOp: Op<Attrs> = defineOp<Attrs>({
  name: 'standardise',
  infer: ([x]) => x,
  decompose: ([x], { axes, eps }) => {
    const { centered, variance } = moments(x, axes)
    return cast(mul(centered, inverseOf(variance, eps)), x.dtype)
  },
  // dx = (g - mean(g) - y mean(g y)) / deviation; the deviation is the forward pass's own, by common subexpressions
  vjp: ({ inputs: [x], outputs, cotangents, attrs: { axes, eps } }) => {
    const average = averageOver(axes)
    const [y, g] = [...outputs, ...cotangents].map(upcast)
    const across = sub(sub(g, average(g)), mul(y, average(mul(g, y))))
    return [cast(mul(inverseOf(moments(x, axes).variance, eps), across), x.dtype)]
  },
})

/** (x - mean) / sqrt(variance + eps) over `axes`, of a float tensor; 0 where all elements are equal. */
export const standardise = (x: Tensor, axes: readonly number[], eps: number): Tensor =>
  apply(standardiseOp, [x], { axes, eps })
