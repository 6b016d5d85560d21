import {
  abs,
  apply,
  cast,
  defineOp,
  div,
  equal,
  full,
  greater,
  less,
  mean,
  mul,
  type Op,
  type OpDefinition,
  type ReduceOptions,
  reshape,
  sizeOf,
  slice,
  sqrt,
  square,
  stopGradient,
  sub,
  sum,
  type Tensor,
  type TensorLike,
  where,
} from '@gradloom/core'
import { asFloats, type AxesAttrs, reduced, reduceWith, settings, spread, upcast } from '@gradloom/core/extend'
/** The sum of squares is divided by n - `correction`: 0 (the default) for a population, 1 for a sample. */
export interface VarianceOptions extends ReduceOptions {
  readonly correction?: number
}
interface VarianceAttrs extends AxesAttrs {
  readonly correction: number
}

const moment = (name: string, rest: Pick<OpDefinition<VarianceAttrs>, 'decompose' | 'vjp'>): Op<VarianceAttrs> =>
  defineOp<VarianceAttrs>({
    name,
    infer: ([x], { axes }) => reduced(x, axes),
    ...rest,
  })
/** Distances from the first element, a constant to gradients: deviations from the mean do not depend on it. */
function distances(x: Tensor, { axes }: AxesAttrs): Tensor {
  const ranges = x.shape.map((n, a): [number, number] | null => (axes.includes(a) ? [0, Math.min(n, 1)] : null))
  return sub(x, stopGradient(slice(x, ranges)))
}
/** x less its mean, as distances from the first element less their mean: what that rounds is in proportion to how far
 * elements lie apart, and nothing where all are equal.
 * @see T. Chan, G. Golub, R. LeVeque, "Algorithms for computing the sample variance", The American Statistician 37
 * (1983), shifted data */
const centered = (x: Tensor, attrs: AxesAttrs): Tensor => {
  const from = distances(x, attrs)
  return sub(from, mean(from, { axis: attrs.axes, keepDims: true }))
}
const freedom = (x: Tensor, { axes, correction }: VarianceAttrs): number =>
  Math.max(0, sizeOf(axes.map((a) => x.shape[a])) - correction)

// d variance = 2 (x - mean) / freedom
const varianceOp = moment('variance', {
  decompose: ([x], attrs) => div(sum(square(centered(x, attrs)), { axis: attrs.axes }), freedom(x, attrs)),
  vjp: ({ inputs: [x], cotangents: [g], attrs }) => [
    mul(spread(g, x, attrs.axes), div(mul(centered(x, attrs), 2), freedom(x, attrs))),
  ],
})
/** Powers of two that deviations are multiplied with, so that their squares neither overflow nor vanish: 1 where the
 * mean distance from the first element is from 2^-48 to 2^32 (float32; float64 has 8 times the exponents). The largest
 * of n deviations is from half of that to 2 n times as large, and n is below 2^32. */
function scaleOf(x: Tensor, attrs: AxesAttrs): Tensor {
  const most = x.dtype === 'float64' ? 1024 : 128
  const power = (share: number): Tensor => full([], 2 ** (share * most), x)
  const size = mean(abs(distances(x, attrs)), { axis: attrs.axes, keepDims: true })
  const upwards = where(less(size, power(-3 / 8)), power(1 / 2), 1)
  return where(greater(size, power(1 / 4)), power(-5 / 8), upwards)
}

// d std = (x - mean) / (freedom std), 0 where all x are equal
const stdOp = moment('std', {
  decompose: ([x], attrs) => {
    const scale = scaleOf(x, attrs)
    const total = sum(square(mul(centered(x, attrs), scale)), { axis: attrs.axes })
    return div(sqrt(div(total, freedom(x, attrs))), reshape(scale, total.shape))
  },
  vjp: ({ inputs: [x], outputs: [y], cotangents: [g], attrs }) => [
    mul(spread(div(g, where(equal(y, 0), 1, y)), x, attrs.axes), div(centered(x, attrs), freedom(x, attrs))),
  ],
})

function momentBy(op: Op<VarianceAttrs>, x: TensorLike, options?: VarianceOptions): Tensor {
  const { correction, ...rest } = settings<Required<VarianceOptions>>(op.name, options, {
    axis: null,
    keepDims: false,
    correction: 0,
  })
  const t = asFloats(x)
  return cast(
    reduceWith(op.name, upcast(t), rest, (wide, axes) => apply(op, [wide], { axes, correction })),
    t.dtype,
  )
}

/** Mean squared distance from the mean, a float, computed in float32 where x is float16; where n - correction is not
 * positive, infinite, or NaN for equal elements. It divides by n, as NumPy's `ddof` of 0; `correction: 1` is PyTorch's
 * default. */
export const variance = (x: TensorLike, options?: VarianceOptions): Tensor => momentBy(varianceOp, x, options)
/** Square root of the {@link variance}, by n where no `correction` is given, also where that overflows or vanishes. The
 * gradient where it is 0 is 0, as PyTorch has it. */
export const std = (x: TensorLike, options?: VarianceOptions): Tensor => momentBy(stdOp, x, options)
