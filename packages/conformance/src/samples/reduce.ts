/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import * as g from '../functions.ts'
import type { ReduceOptions, Tensor } from '@gradloom/core'
import { bools, floats, ints, positive, signed } from './data.ts'
import { exact, sample, type Sample } from './sample.ts'

type Reduction = (x: Tensor, options?: ReduceOptions) => Tensor
const smooth: Record<string, Reduction> = {
  sum: g.sum,
  mean: g.mean,
  prod: g.prod,
  max: g.max,
  min: g.min,
  logSumExp: g.logSumExp,
  variance: g.variance,
  std: g.std,
}
const decided: Record<string, Reduction> = { argMax: g.argMax, argMin: g.argMin }
const inf = Infinity
const long = 5003

const axes = (op: string, fn: Reduction, order: 0 | 2): Sample[] => [
  sample(op, 'all axes', [signed([2, 3])], (x) => fn(x), { order }),
  sample(op, 'one axis', [signed([2, 3, 2])], (x) => [fn(x, { axis: 1 }), fn(x, { axis: -1, keepDims: true })], {
    order,
  }),
  sample(
    op,
    'several axes',
    [signed([2, 3, 2])],
    (x) => [fn(x, { axis: [0, -1] }), fn(x, { axis: [2, 1], keepDims: true })],
    { order },
  ),
  sample(op, 'of a transposed array', [signed([3, 2], 1)], (x) => fn(g.transpose(x), { axis: 1 }), { order }),
  sample(op, 'many elements', [signed([2, long], 2)], (x) => fn(x, { axis: 1 }), { order, large: true }),
  sample(op, 'many elements, far apart', [signed([611, 5], 2)], (x) => fn(x, { axis: 0 }), { order, large: true }),
]

/** Reductions, scans and sorting. */
export const reduceSamples: readonly Sample[] = [
  ...Object.entries(smooth)
    .filter(([op]) => op !== 'prod')
    .flatMap(([op, fn]) => axes(op, fn, 2)),
  ...axes('prod', g.prod, 2).filter(({ large }) => !large),
  ...Object.entries(decided).flatMap(([op, fn]) => axes(op, fn, 0)),
  ...(['sum', 'mean', 'prod', 'max', 'min', 'logSumExp'] as const).map((op) =>
    sample(op, 'rank 0', [signed([])], (x) => g[op](x)),
  ),
  exact('sum', 'an empty axis', [floats([[], []])], (x) => [g.sum(x, { axis: 1 }), g.sum(x)], [0, 0], 0),
  exact('prod', 'an empty axis', [floats([[], []])], (x) => g.prod(x, { axis: 1 }), [1, 1]),
  exact('mean', 'an empty axis', [floats([[], []])], (x) => g.mean(x, { axis: 1 }), [NaN, NaN]),
  exact('logSumExp', 'an empty axis', [floats([[], []])], (x) => g.logSumExp(x, { axis: 1 }), [-inf, -inf]),
  exact(
    'any',
    'and all: axes, numbers, an empty axis',
    [
      bools([
        [1, 0],
        [0, 0],
      ]),
      floats([0, -0.5]),
    ],
    (b, x) => [g.any(b), g.any(b, { axis: 1 }), g.all(b, { axis: 0 }), g.any(x), g.all(x)],
    1,
    [1, 0],
    [0, 0],
    1,
    0,
  ),
  exact(
    'all',
    'of nothing is true, any of it false',
    [bools([[], []])],
    (b) => [g.all(b, { axis: 1 }), g.any(b, { axis: 1 })],
    [1, 1],
    [0, 0],
  ),
  exact(
    'sum',
    'bools and integers',
    [bools([1, 1, 0]), ints([2147483647, 3])],
    (b, i) => [g.sum(b), g.sum(i)],
    2,
    -2147483646,
  ),
  exact('mean', 'integers', [ints([1, 2, 4])], (x) => g.mean(g.mul(x, 3)), 7),
  exact(
    'max',
    'NaN wins',
    [
      floats([
        [1, NaN, 3],
        [-1, -5, -2],
      ]),
    ],
    (x) => [g.max(x, { axis: 1 }), g.min(x, { axis: 1 })],
    [NaN, -1],
    [NaN, -5],
  ),
  exact(
    'max',
    'infinities and integers',
    [floats([-inf, -inf]), ints([-2147483648, -7])],
    (x, i) => [g.max(x), g.max(i), g.min(i)],
    -inf,
    -7,
    -2147483648,
  ),
  {
    ...exact(
      'max',
      'ties share the gradient',
      [
        floats([
          [2, 5, 5],
          [3, 3, 3],
        ]),
      ],
      (x) => g.max(x, { axis: 1 }),
      [5, 3],
    ),
    wantGrads: [
      [
        [0, 0.5, 0.5],
        [1 / 3, 1 / 3, 1 / 3],
      ],
    ],
  },
  {
    ...exact(
      'min',
      'ties share the gradient',
      [
        floats([
          [2, 2, 5],
          [3, 1, 3],
        ]),
      ],
      (x) => g.min(x, { axis: 1 }),
      [2, 1],
    ),
    wantGrads: [
      [
        [0.5, 0.5, 0],
        [0, 1, 0],
      ],
    ],
  },
  sample(
    'prod',
    'one zero',
    [
      floats([
        [2, 0, -3],
        [1.5, 2.5, -0.5],
      ]),
    ],
    (x) => [g.prod(x, { axis: 1 }), g.prod(x)],
  ),
  sample('prod', 'two zeros', [floats([0, 2, 0, -3])], (x) => g.prod(x)),
  exact('prod', 'integers wrap', [ints([65537, 65537, 3])], (x) => g.prod(x), 393219),
  exact(
    'logSumExp',
    'far out',
    [
      floats([
        [1000, 1000],
        [-1000, -1000],
        [-inf, -inf],
        [inf, 0],
      ]),
    ],
    (x) => g.logSumExp(x, { axis: 1 }),
    [1000 + Math.LN2, -1000 + Math.LN2, -inf, inf],
  ),
  sample('variance', 'of a sample', [signed([2, 4])], (x) => [
    g.variance(x, { axis: 1, correction: 1 }),
    g.std(x, { axis: 0, correction: 1 }),
  ]),
  {
    ...exact('std', 'of equal elements has gradient 0', [floats([2, 2, 2])], (x) => g.std(x), 0),
    wantGrads: [[0, 0, 0]],
  },
  exact(
    'argMax',
    'the first of ties, NaN before all',
    [
      floats([
        [1, 3, 3],
        [NaN, 7, NaN],
      ]),
    ],
    (x) => [g.argMax(x, { axis: 1 }), g.argMax(x, { axis: 0 })],
    [1, 0],
    [1, 1, 1],
  ),
  exact(
    'argMax',
    'NaN anywhere, over all axes',
    [
      floats([
        [1, 3],
        [NaN, 7],
      ]),
    ],
    (x) => [g.argMax(x), g.argMin(x)],
    2,
    2,
  ),
  exact(
    'argMin',
    'the first of ties, row-major over several axes',
    [
      floats([
        [
          [4, 1],
          [1, 9],
        ],
        [
          [5, 5],
          [2, 2],
        ],
      ]),
    ],
    (x) => [g.argMin(x, { axis: [1, 2] }), g.argMin(x)],
    [1, 2],
    1,
  ),

  ...(['cumsum', 'cumprod'] as const).flatMap((op) => [
    sample(op, 'along each axis', [signed([2, 3, 2])], (x) => [0, 1, -1].map((axis) => g[op](x, { axis }))),
    sample(op, 'no element, and one', [signed([0, 2]), signed([1])], (a, b) => [g[op](a, { axis: 0 }), g[op](b)]),
  ]),
  sample('cumprod', 'at zeros', [floats([2, 0, -3, 0, 5])], (x) => g.cumprod(x)),
  exact(
    'cumsum',
    'integers and NaN',
    [ints([2147483647, 1, 2]), floats([1, NaN, 2])],
    (i, x) => [g.cumsum(i), g.cumsum(x)],
    [2147483647, -2147483648, -2147483646],
    [1, NaN, NaN],
  ),
  sample('sort', 'along each axis, both ways', [signed([3, 4])], (x) => [
    g.sort(x),
    g.sort(x, { axis: 0 }),
    g.sort(x, { descending: true }),
  ]),
  exact(
    'sort',
    'NaN as the greatest, integers',
    [floats([2, NaN, -1, inf, -inf]), ints([3, -2147483648, 2])],
    (x, i) => [g.sort(x), g.sort(x, { descending: true }), g.sort(i)],
    [-inf, -1, 2, inf, NaN],
    [NaN, inf, 2, -1, -inf],
    [-2147483648, 2, 3],
  ),
  exact(
    'argsort',
    'is stable both ways',
    [
      floats([
        [2, 1, 2, 1],
        [0, -1, 0, -1],
      ]),
    ],
    (x) => [g.argsort(x), g.argsort(x, { descending: true }), g.argsort(x, { axis: 0 })],
    [
      [1, 3, 0, 2],
      [1, 3, 0, 2],
    ],
    [
      [0, 2, 1, 3],
      [0, 2, 1, 3],
    ],
    [
      [1, 1, 1, 1],
      [0, 0, 0, 0],
    ],
  ),
  exact(
    'argsort',
    'NaN equals NaN, -0 equals 0',
    [floats([NaN, 0, -0, inf, NaN])],
    (x) => [g.argsort(x), g.argsort(x, { descending: true })],
    [1, 2, 3, 0, 4],
    [0, 4, 3, 1, 2],
  ),
  sample('topK', 'values along each axis', [signed([3, 4])], (x) => [
    g.topK(x, 2).values,
    g.topK(x, 2, { axis: 0 }).values,
  ]),
  exact(
    'topK',
    'ties by position',
    [
      floats([
        [1, 4, 4, 2],
        [3, 3, 3, 3],
      ]),
    ],
    (x) => {
      const { values, indices } = g.topK(x, 3)
      return [values, indices]
    },
    [
      [4, 4, 2],
      [3, 3, 3],
    ],
    [
      [1, 2, 3],
      [0, 1, 2],
    ],
  ),
  exact(
    'topK',
    'NaN before all, as max has it',
    [
      floats([
        [1, NaN, inf],
        [-1, 5, 2],
      ]),
    ],
    (x) => {
      const { values, indices } = g.topK(x, 1)
      return [values, indices, g.max(x, { axis: 1, keepDims: true })]
    },
    [[NaN], [5]],
    [[1], [1]],
    [[NaN], [5]],
  ),
  sample('sum', 'of an expression over a broadcast', [positive([2, 1]), signed([3])], (a, b) =>
    g.sum(g.div(b, g.add(a, g.square(b))), { axis: 0 }),
  ),
]
