import {
  apply,
  asTensor,
  defineOp,
  exp,
  mul,
  sigmoid,
  type Op,
  type Scalar,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { erf } from '@gradloom/ops'

/** What both tensors and the scalars of a formula can do. */
interface Real<T> {
  mul(y: T | number): T
  add(y: T | number): T
}
type Curve = <T extends Real<T>>(
  x: T,
  functions: { readonly sigmoid: (x: T) => T; readonly erf: (x: T) => T; readonly exp: (x: T) => T },
) => T

/** An activation as one op, whose slope is one too: the backward pass needs x alone, and nothing else is kept for it.
 * */
function activation(name: string, value: Curve, slope: Curve): Op {
  const formula =
    (curve: Curve): ((x: readonly Scalar[]) => Scalar) =>
    ([x]) =>
      curve(x, { sigmoid: (u) => u.sigmoid(), erf: (u) => u.erf(), exp: (u) => u.exp() })
  const slopeOp: Op = defineOp({
    name: `${name}Slope`,
    promotion: 'float',
    expr: formula(slope),
    decompose: ([x]) => slope<Tensor>(x, { sigmoid, erf, exp }),
  })
  return defineOp({
    name,
    promotion: 'float',
    expr: formula(value),
    vjp: ({ inputs: [x], cotangents: [g] }) => [mul(g, apply(slopeOp, [x]))],
  })
}

// P(X <= x), and with the density of X its slope
const gaussian: Curve = (x, { erf: f }) => f(x.mul(Math.SQRT1_2)).add(1).mul(0.5)
const exact: Op = /* @__PURE__ */ activation(
  'gelu',
  (x, f) => x.mul(gaussian(x, f)),
  (x, f) => gaussian(x, f).add(x.mul(f.exp(x.mul(x).mul(-0.5))).mul(1 / Math.sqrt(2 * Math.PI))),
)

// (1 + tanh(u / 2)) / 2 = sigmoid(u), which does not cancel below 0
const LINEAR = 2 * Math.sqrt(2 / Math.PI)
const CUBIC = 0.044715 * LINEAR
const logistic: Curve = (x, { sigmoid: f }) => f(x.mul(x.mul(x).mul(CUBIC).add(LINEAR)))
const approximation: Op = /* @__PURE__ */ activation(
  'geluTanh',
  (x, f) => x.mul(logistic(x, f)),
  (x, f) => {
    const s = logistic(x, f)
    return s.mul(
      x
        .mul(s.mul(-1).add(1))
        .mul(
          x
            .mul(x)
            .mul(3 * CUBIC)
            .add(LINEAR),
        )
        .add(1),
    )
  },
)

/** x P(X <= x) for a standard normal X: x (1 + erf(x / sqrt 2)) / 2, elementwise; `approximate: 'tanh'` takes
 * x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2. @see https://arxiv.org/abs/1606.08415 */
export function gelu(x: TensorLike, { approximate = 'none' }: { approximate?: 'none' | 'tanh' } = {}): Tensor {
  return apply(approximate === 'tanh' ? approximation : exact, [asTensor(x)])
}
