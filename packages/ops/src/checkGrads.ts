import {
  add,
  asTensor,
  cast,
  grad,
  GradError,
  hostArray,
  type HostArray,
  isFloat,
  mul,
  type Shape,
  show,
  sizeOf,
  sum,
  tanh,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { runtimeOf, settings, value, demandFunction, demandList, demandTensors, present } from '@gradloom/core/extend'
export interface CheckGradsOptions {
  /** Derivatives up to this order are checked. */
  readonly order?: number
  /** Step of the differences, for inputs around 1; it grows with |x|. */
  readonly eps?: number
  /** What |analytic - numeric| / max(1, |numeric|) may reach. */
  readonly tolerance?: number
}

/** Signed weights of which no two are alike: a cotangent that a rule cannot meet by chance. */
const weights = (shape: Shape, salt: number): HostArray =>
  hostArray(
    Float64Array.from({ length: sizeOf(shape) }, (_, i) => 1.3 * Math.sin(2.4 * i + salt + 0.7) + 0.2),
    shape,
  )

/** Compares the gradients of `fn` with central differences in float64, (s(x + h) - s(x - h)) / 2h for s = sum(w (y +
 * tanh y)), y = fn(x) and fixed uneven w, so that cotangents depend on x; then the gradients of these gradients, to
 * `order`. Float inputs are checked; others are passed as they are. `fn` must be smooth at the inputs. Uses the current
 * runtime.
 * @throws GradError for the worst element: order, input, position, both values
 * @example await checkGrads((a, b) => matmul(a, b), [a, b]) */
export async function checkGrads(
  fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[],
  inputs: readonly TensorLike[],
  options?: CheckGradsOptions,
): Promise<void> {
  const { order, eps, tolerance } = settings('checkGrads', options, { order: 2, eps: 1e-5, tolerance: 1e-6 })
  demandFunction('checkGrads', fn)
  demandList('checkGrads', inputs)
  const given = Array.from(inputs, (x) => asTensor(x))
  if (!given.length) throw new GradError('checkGrads: at least one input required, got none')
  const runtime = runtimeOf(given.map((t) => sum(t)).reduce((a, b) => add(a, b)))
  const hosts = await runtime.evaluate(given.map((t) => (isFloat(t.dtype) ? cast(t, 'float64') : t)))
  const at = hosts.flatMap((h, i) => (isFloat(h.dtype) ? [i] : []))
  let outputs = (xs: readonly Tensor[]): readonly Tensor[] => {
    const made = [present('checkGrads', fn(...xs))].flat()
    demandTensors('checkGrads', made)
    const floats = made.filter((y) => isFloat(y.dtype))
    if (!floats.length) throw new GradError('checkGrads: a float result required, got none')
    return floats
  }
  for (let level = 1; level <= order; level++) {
    const of = outputs
    const weighted = (xs: readonly Tensor[]): Tensor =>
      of(xs)
        .map((y, k) => sum(mul(add(y, tanh(y)), value(weights(y.shape, k)))))
        .reduce((a, b) => add(a, b))
    const gradients = (xs: readonly Tensor[]): Tensor[] =>
      grad(
        [weighted(xs)],
        at.map((i) => xs[i]),
        { allowUnused: true },
      )
    const analytic = await runtime.evaluate(gradients(hosts.map(value)))
    let worst = tolerance
    let report = ''
    for (const [k, i] of at.entries()) {
      const { data, shape } = hosts[i]
      for (let e = 0; e < data.length; e++) {
        const h = eps * Math.max(1, Math.abs(data[e]))
        const ends: number[] = []
        for (const by of [h, -h]) {
          const moved = data.slice()
          moved[e] += by
          ends.push(
            (await runtime.evaluate([weighted(hosts.map((x, j) => value(j === i ? hostArray(moved, shape) : x)))]))[0]
              .data[0],
          )
        }
        const got = analytic[k].data[e]
        const numeric = (ends[0] - ends[1]) / (2 * h)
        const error = Math.abs(got - numeric) / Math.max(1, Math.abs(numeric))
        if (!(error <= worst)) {
          if (Number.isNaN(error) && Number.isNaN(worst)) continue
          worst = error
          report = `order ${level}, input ${i} of ${show(shape)}, element ${e}: analytic ${got}, numeric ${numeric}`
        }
      }
    }
    if (report)
      throw new GradError(
        `checkGrads: gradients must agree to ${tolerance}, got ${report}; correct the vjp, or move the inputs ` +
          `from where it is not smooth`,
      )
    outputs = gradients
  }
}
