/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import * as g from '../functions.ts'
import type { Tensor, TensorLike } from '@gradloom/core'
import { floats, ints, positive, signed, unit, type Input } from './data.ts'
import { exact, sample, type Sample } from './sample.ts'

type Unary = (x: TensorLike) => Tensor
const { asinh, cos, cosh, erf, erfc, exp, expm1, neg, reciprocal, sigmoid, sin, sinh, square, tanh, atan } = g
const everywhere: Record<string, Unary> = {
  neg,
  exp,
  expm1,
  sin,
  cos,
  sinh,
  cosh,
  tanh,
  asinh,
  atan,
  erf,
  erfc,
  sigmoid,
  square,
  reciprocal,
  abs: g.abs,
  identity: g.identity,
}
const onPositive: Record<string, Unary> = {
  log: g.log,
  log1p: g.log1p,
  log2: g.log2,
  sqrt: g.sqrt,
  rsqrt: g.rsqrt,
  lgamma: g.lgamma,
  digamma: g.digamma,
}
const onUnit: Record<string, Unary> = { asin: g.asin, acos: g.acos, atanh: g.atanh, tan: g.tan }

const smooth = (
  functions: Record<string, Unary>,
  input: (shape: readonly number[], salt?: number) => Input,
): Sample[] =>
  Object.entries(functions).flatMap(([op, fn]) => [
    sample(op, 'a matrix', [input([2, 3])], fn),
    sample(op, 'rank 0 and no element', [input([], 1), input([0, 2])], (a, b) => [fn(a), fn(b)]),
  ])

/** Values far out, at limits and outside of the domain. */
const SPECIAL: readonly (readonly [op: string, fn: Unary, at: readonly number[], want: readonly number[]])[] = [
  ['exp', exp, [-Infinity, -1000, 0, 1000, Infinity, NaN], [0, 0, 1, Infinity, Infinity, NaN]],
  ['expm1', expm1, [-Infinity, -1000, 0, Infinity, NaN], [-1, -1, 0, Infinity, NaN]],
  ['log', g.log, [-1, 0, 1, Infinity, NaN], [NaN, -Infinity, 0, Infinity, NaN]],
  ['log1p', g.log1p, [-2, -1, 0, Infinity, NaN], [NaN, -Infinity, 0, Infinity, NaN]],
  ['log2', g.log2, [-1, 0, 1, 8, 0.5, Infinity, NaN], [NaN, -Infinity, 0, 3, -1, Infinity, NaN]],
  ['sqrt', g.sqrt, [-1, 0, 4, Infinity, NaN], [NaN, 0, 2, Infinity, NaN]],
  ['rsqrt', g.rsqrt, [-1, 0, 4, Infinity, NaN], [NaN, Infinity, 0.5, 0, NaN]],
  ['reciprocal', reciprocal, [0, 4, Infinity, NaN], [Infinity, 0.25, 0, NaN]],
  ['square', square, [-3, 0, -Infinity, NaN], [9, 0, Infinity, NaN]],
  ['neg', neg, [-3, 0, Infinity, NaN], [3, 0, -Infinity, NaN]],
  ['abs', g.abs, [-3, 0, -Infinity, NaN], [3, 0, Infinity, NaN]],
  ['sign', g.sign, [-2.5, 0, 0.3, -Infinity, NaN], [-1, 0, 1, -1, NaN]],
  ['floor', g.floor, [-1.5, -1, 2.7, Infinity, NaN], [-2, -1, 2, Infinity, NaN]],
  ['ceil', g.ceil, [-1.5, -1, 2.3, -Infinity, NaN], [-1, -1, 3, -Infinity, NaN]],
  ['round', g.round, [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 2.4, Infinity, NaN], [-2, -2, 0, 0, 2, 2, 2, Infinity, NaN]],
  ['sin', sin, [0, Infinity, NaN], [0, NaN, NaN]],
  ['cos', cos, [0, Infinity, NaN], [1, NaN, NaN]],
  ['tan', g.tan, [0, Infinity, NaN], [0, NaN, NaN]],
  ['asin', g.asin, [-1, 0, 1, 1.5, NaN], [-Math.PI / 2, 0, Math.PI / 2, NaN, NaN]],
  ['acos', g.acos, [-1, 1, -1.5, NaN], [Math.PI, 0, NaN, NaN]],
  ['atan', atan, [-Infinity, 0, Infinity, NaN], [-Math.PI / 2, 0, Math.PI / 2, NaN]],
  ['sinh', sinh, [-Infinity, 0, Infinity, NaN], [-Infinity, 0, Infinity, NaN]],
  ['cosh', cosh, [-Infinity, 0, Infinity, NaN], [Infinity, 1, Infinity, NaN]],
  ['tanh', tanh, [-Infinity, -1000, 0, 1000, Infinity, NaN], [-1, -1, 0, 1, 1, NaN]],
  ['asinh', asinh, [-Infinity, 0, Infinity, NaN], [-Infinity, 0, Infinity, NaN]],
  ['acosh', g.acosh, [0.5, 1, Infinity, NaN], [NaN, 0, Infinity, NaN]],
  ['atanh', g.atanh, [-1, 0, 1, 2, NaN], [-Infinity, 0, Infinity, NaN, NaN]],
  ['sigmoid', sigmoid, [-Infinity, -1000, 0, 1000, Infinity, NaN], [0, 0, 0.5, 1, 1, NaN]],
  ['erf', erf, [-Infinity, -10, 0, 10, Infinity, NaN], [-1, -1, 0, 1, 1, NaN]],
  ['erfc', erfc, [-Infinity, 0, Infinity, NaN], [2, 1, 0, NaN]],
  ['lgamma', g.lgamma, [-1, 0, 1, 2, 5, Infinity, NaN], [Infinity, Infinity, 0, 0, Math.log(24), Infinity, NaN]],
  ['digamma', g.digamma, [-2, Infinity, NaN], [NaN, Infinity, NaN]],
]

/** Small results of large cancellation, which a formula written naively loses. */
const SMALL: readonly (readonly [op: string, fn: Unary, at: readonly number[], want: readonly number[]])[] = [
  ['expm1', expm1, [3 * 2 ** -24], [1.7881395031338438e-7]],
  ['log1p', g.log1p, [3 * 2 ** -24], [1.7881391833896223e-7]],
  ['erfc', erfc, [5], [1.5374597944280347e-12]],
  ['sinh', sinh, [2 ** -22], [2 ** -22]],
  ['atanh', g.atanh, [2 ** -22], [2 ** -22]],
  ['asinh', asinh, [-(2 ** -22)], [-(2 ** -22)]],
  ['tanh', tanh, [2 ** -22], [2 ** -22]],
  ['sigmoid', sigmoid, [-50], [1.928749847963918e-22]],
]

/** Elementwise functions of one argument. */
export const unarySamples: readonly Sample[] = [
  ...smooth(everywhere, signed),
  ...smooth(onPositive, positive),
  ...smooth(onUnit, unit),
  sample(
    'acosh',
    'a matrix',
    [
      floats([
        [1.1, 1.7, 2.5],
        [3.2, 9.5, 1.05],
      ]),
    ],
    g.acosh,
  ),
  sample('lgamma', 'negative and large arguments', [floats([-0.3, -2.6, 3.7, 14.2, 40.5])], g.lgamma),
  sample('digamma', 'negative and large arguments', [floats([-0.3, -2.6, 3.7, 14.2, 40.5])], g.digamma),
  sample('polygamma', 'orders 0 to 3', [positive([4])], (x) => [0, 1, 2, 3].map((n) => g.polygamma(n, x))),
  sample('polygamma', 'negative arguments', [floats([-0.3, -1.6])], (x) => [1, 2].map((n) => g.polygamma(n, x))),
  ...SPECIAL.map(([op, fn, at, want]) => exact(op, 'special values', [floats([...at])], fn, [...want])),
  ...SMALL.map(([op, fn, at, want]) => exact(op, 'small results', [floats([...at])], fn, [...want])),
  exact('round', 'keeps the sign of 0', [floats([-0.3, -0.5, -0, 0.5])], (x) => g.div(1, g.round(x)), [
    -Infinity,
    -Infinity,
    -Infinity,
    Infinity,
  ]),
  ...(['floor', 'ceil', 'round', 'sign'] as const).map((op) =>
    sample(op, 'has gradient 0', [signed([2, 3])], (x) => g.add(g[op](x), x)),
  ),
  exact('neg', 'integers', [ints([3, -2147483648])], neg, [-3, -2147483648]),
  exact('abs', 'integers', [ints([3, -7])], g.abs, [3, 7]),
  exact('square', 'integers wrap', [ints([3, 65537])], square, [9, 131073]),
  exact('sqrt', 'integers become floats', [ints([4, 9])], g.sqrt, [2, 3]),
  exact('floor', 'integers stay', [ints([4, -9])], g.floor, [4, -9]),
  { ...exact('abs', 'the gradient at 0 is 0', [floats([0, -2, 3])], g.abs, [0, 2, 3]), wantGrads: [[0, -1, 1]] },
  {
    ...exact('sqrt', 'the gradient at 0 is infinite', [floats([0, 4])], g.sqrt, [0, 2]),
    wantGrads: [[Infinity, 0.25]],
  },
  {
    ...exact('sigmoid', 'the gradient far out is 0', [floats([-1000, 1000, 0])], sigmoid, [0, 1, 0.5]),
    wantGrads: [[0, 0, 0.25]],
  },
  {
    ...exact('tanh', 'the gradient far out is 0', [floats([-1000, 1000, 0])], tanh, [-1, 1, 0]),
    wantGrads: [[0, 0, 1]],
  },
  {
    ...exact(
      'stopGradient',
      'is a constant to gradients',
      [floats([2, 3])],
      (x) => g.mul(g.stopGradient(x), x),
      [4, 9],
    ),
    wantGrads: [[2, 3]],
  },
  exact('isNaN', 'only NaN', [floats([NaN, 0, Infinity])], g.isNaN, [1, 0, 0]),
  exact(
    'isFinite',
    'neither NaN nor infinite',
    [floats([NaN, 0, Infinity, -Infinity, 3e38])],
    g.isFinite,
    [0, 1, 0, 0, 1],
  ),
]
