import {
  apply,
  cast,
  defineOp,
  div,
  equal,
  mean,
  mul,
  type Op,
  type OpDefinition,
  type ReduceOptions,
  sizeOf,
  sqrt,
  square,
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
const shifted = (x: Tensor, { axes }: AxesAttrs): Tensor => sub(x, mean(x, { axis: axes, keepDims: true }))
/** x less its mean, twice: the second takes away what rounding left of the first, all of it where all x are equal.
 * @see T. Chan, G. Golub, R. LeVeque, "Algorithms for computing the sample variance", The American Statistician 37
 * (1983), the corrected two-pass algorithm */
const centered = (x: Tensor, attrs: AxesAttrs): Tensor => shifted(shifted(x, attrs), attrs)
const freedom = (x: Tensor, { axes, correction }: VarianceAttrs): number =>
  Math.max(0, sizeOf(axes.map((a) => x.shape[a])) - correction)

// d variance = 2 (x - mean) / freedom
const varianceOp = moment('variance', {
  decompose: ([x], attrs) => div(sum(square(centered(x, attrs)), { axis: attrs.axes }), freedom(x, attrs)),
  vjp: ({ inputs: [x], cotangents: [g], attrs }) => [
    mul(spread(g, x, attrs.axes), div(mul(centered(x, attrs), 2), freedom(x, attrs))),
  ],
})
// d std = (x - mean) / (freedom std), 0 where all x are equal
const stdOp = moment('std', {
  decompose: ([x], attrs) => sqrt(apply(varianceOp, [x], attrs)),
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

/** Mean squared distance from the mean, a float, computed in float32 where x is float16; NaN where n - correction is 0.
 * It divides by n, as NumPy's `ddof` of 0; `correction: 1` is PyTorch's default. */
export const variance = (x: TensorLike, options?: VarianceOptions): Tensor => momentBy(varianceOp, x, options)
/** Square root of the {@link variance}, by n where no `correction` is given. The gradient where it is 0 is 0, as
 * PyTorch has it. */
export const std = (x: TensorLike, options?: VarianceOptions): Tensor => momentBy(stdOp, x, options)
