import { exp, mul, neg, type Scalar, square, type Tensor } from '@gradloom/core'
import { elementwise, lift, unary, type Unary } from '@gradloom/core/extend'

// erfc(x) e^(x^2) (1 + 2 x) = 1 + (1 + t) R(t) with t = (x - 3) / (x + 3), for x >= 0. R is interpolated at Chebyshev
// points of 0 <= x <= 10.5 (float32) and 27.5 (float64), where erfc is 0: the sum is off by 8e-9 and 2e-17 of itself.
// The highest power comes first.
// M. Shepherd, J. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x in 0 <= x < infinity", 1981
const R32 = [
  -2.879320934e-4, -5.379325134e-4, 0.002516976805, 7.572453246e-5, -0.02385229957, 0.09214503817, -0.2114208081,
  0.3410671233, -0.38862918, 0.2530080552,
]
const R64 = [
  -1.38773166e-9, -5.93430937e-9, 5.9044413e-10, 4.334069075e-8, 4.715636938e-8, -1.9514809867e-7, -4.1260110614e-7,
  7.7625612474e-7, 2.6920400154e-6, -3.42758146032e-6, -1.667187573498e-5, 2.162281648542e-5, 0.0001034763870597,
  -0.00020863651386101, -0.00057119575780468, 0.00245988616149874, 6.950565716107e-5, -0.0238400205792374,
  0.09214804792290785, -0.21142171133808502, 0.34106687004085831, -0.38862916439431097, 0.25300805826972966,
]
/** e^x near 0. */
const EXP = [1 / 24, 1 / 6, 1 / 2, 1, 1]

const polynomial = (x: Scalar, [first, ...rest]: readonly number[]): Scalar =>
  rest.reduce((sum, c) => sum.mul(x).add(c), lift(first, x.dtype))

/** Relative errors stay below 5e-16 (float64) and 3e-7. A formula is part of the loops that use it: the cpu backend
 * calls the scalar operation of that name element by element, which takes 12 times as long. */
function erfcOf(x: Scalar): Scalar {
  if (x.dtype === 'float16') return erfcOf(x.cast('float32')).cast('float16')
  const isWide = x.dtype === 'float64'
  const size = x.abs().min(isWide ? 27.5 : 10.5)
  // e^(-x^2) in two factors: the square of `head` is exact, so that x^2 loses no digits; `rest` is below 3e-5 (float64)
  // and 0.05.
  const step = isWide ? 2 ** -20 : 2 ** -8
  const head = size
    .mul(1 / step)
    .unary('round')
    .mul(step)
  const rest = head.sub(size).mul(head.add(size))
  const power = head.mul(head).neg().exp().mul(polynomial(rest, EXP))
  const t = size.sub(3).div(size.add(3))
  const scaled = polynomial(t, isWide ? R64 : R32)
    .mul(t.add(1))
    .add(1)
  const tail = power.mul(scaled).div(size.add(size).add(1))
  return x.lt(0).select(tail.neg().add(2), tail)
}

// d erf(x) = 2 / sqrt(pi) e^(-x^2)
const byErfSlope = (g: Tensor, x: Tensor): Tensor => mul(mul(g, 2 / Math.sqrt(Math.PI)), exp(neg(square(x))))
/** The error function, 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
export const erf: Unary = unary('erf', byErfSlope)
/** 1 - erf(x), accurate where erf is near 1. */
export const erfc: Unary = elementwise('erfc', erfcOf, (g, x) => neg(byErfSlope(g, x)), { promotion: 'float' })
