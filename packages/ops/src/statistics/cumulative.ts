import { add, apply, defineOp, flip, mul, type Op, pad, slice, type Tensor, type TensorLike } from '@gradloom/core'
import { asNumbers, axisOf, settings } from '@gradloom/core/extend'
interface AxisAttrs {
  readonly axis: number
}

/** x moved `by` places along `axis`, `value` before it; as many elements fall off the end. */
export const delayed = (x: Tensor, axis: number, by: number, value: number): Tensor =>
  pad(
    slice(
      x,
      x.shape.map((_, i) => (i === axis ? [null, -by] : null)),
    ),
    x.shape.map((_, i) => [i === axis ? by : 0, 0]),
    { value },
  )

/** Prefix combination in log2(n) rounds. It only combines, so that its gradients are exact (products at zeros, to any
 * order). */
const doubling =
  (combine: (a: Tensor, b: Tensor) => Tensor, neutral: number) =>
  ([x]: readonly Tensor[], { axis }: AxisAttrs): Tensor => {
    let y = x
    for (let by = 1; by < x.shape[axis]; by *= 2) y = combine(y, delayed(y, axis, by, neutral))
    return y
  }

const cumsumOp: Op<AxisAttrs> = defineOp<AxisAttrs>({
  name: 'cumsum',
  infer: ([x]) => x,
  decompose: doubling(add, 0),
  vjp: ({ cotangents: [g], attrs: { axis } }) => [flip(cumsum(flip(g, axis), { axis }), axis)],
})
const cumprodOp: Op<AxisAttrs> = defineOp<AxisAttrs>({
  name: 'cumprod',
  infer: ([x]) => x,
  decompose: doubling(mul, 1),
})

interface AxisOptions {
  readonly axis?: number
}

function along(op: Op<AxisAttrs>, x: TensorLike, options?: AxisOptions): Tensor {
  const { axis } = settings(op.name, options, { axis: -1 })
  const t = asNumbers(x)
  return apply(op, [t], { axis: axisOf(op.name, t, axis) })
}

/** Sums of all elements up to each along `axis` (the last). Bools sum as int32. @throws ShapeError */
export const cumsum = (x: TensorLike, options?: AxisOptions): Tensor => along(cumsumOp, x, options)
/** Products of all elements up to each along `axis` (the last); gradients are right at zeros. @throws ShapeError */
export const cumprod = (x: TensorLike, options?: AxisOptions): Tensor => along(cumprodOp, x, options)
