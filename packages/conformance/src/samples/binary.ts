/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import * as g from '../functions.ts'
import type { Tensor, TensorLike } from '@gradloom/core'
import { bools, floats, ints, positive, signed } from './data.ts'
import { exact, sample, type Sample } from './sample.ts'

type Binary = (a: TensorLike, b: TensorLike) => Tensor
const smooth: Record<string, Binary> = {
  add: g.add,
  sub: g.sub,
  mul: g.mul,
  div: g.div,
  atan2: g.atan2,
  hypot: g.hypot,
  maximum: g.maximum,
  minimum: g.minimum,
  remainder: g.remainder,
}
const comparisons = {
  equal: g.equal,
  notEqual: g.notEqual,
  less: g.less,
  lessEqual: g.lessEqual,
  greater: g.greater,
  greaterEqual: g.greaterEqual,
}
const COMPARED = {
  equal: [0, 1, 0],
  notEqual: [1, 0, 1],
  less: [1, 0, 0],
  lessEqual: [1, 1, 0],
  greater: [0, 0, 1],
  greaterEqual: [0, 1, 1],
} as const
const inf = Infinity
const EDGES = [NaN, inf, -inf, 3e9, -3e9, 2 ** 31, -(2 ** 31), 2 ** 32, 2147483520, 4294967040, -1, -0.75, 0.75, -0]
const EDGES_INT32 = [
  0, 2147483647, -2147483648, 2147483647, -2147483648, 2147483647, -2147483648, 2147483647, 2147483520, 2147483647, -1,
  0, 0, 0,
]
const EDGES_UINT32 = [0, 4294967295, 0, 3e9, 0, 2 ** 31, 0, 4294967295, 2147483520, 4294967040, 0, 0, 0, 0]
const EDGES_BOOL = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]

const shapes = (op: string, fn: Binary): Sample[] => [
  sample(op, 'equal shapes', [signed([2, 3]), signed([2, 3], 3)], fn),
  sample(op, 'broadcasts both ways', [signed([2, 1, 2]), signed([3, 1], 2)], fn),
  sample(op, 'broadcasts a scalar', [signed([], 2), signed([2, 2])], (a, b) => [fn(a, b), fn(b, 1.7)]),
  sample(op, 'broadcasts to no element', [signed([1, 3]), signed([0, 1])], fn),
]

/** Elementwise functions of two or more arguments. */
export const binarySamples: readonly Sample[] = [
  ...Object.entries(smooth).flatMap(([op, fn]) => shapes(op, fn)),
  sample('pow', 'positive bases', [positive([2, 3]), signed([3])], g.pow),
  sample('pow', 'literal exponents', [positive([3]), signed([3])], (p, x) => [
    g.pow(p, 0.5),
    g.pow(p, -1.5),
    g.pow(x, 2),
    g.pow(x, 3),
    g.pow(x, 5),
    g.pow(x, -1),
    g.pow(x, 1),
  ]),
  sample('pow', 'literal base', [signed([4])], (x) => g.pow(2.5, x)),
  exact('pow', 'special values', [floats([0, -2, -2, -8, NaN, 2, 0]), floats([0, 3, -1, 1 / 3, 0, -inf, -1])], g.pow, [
    1,
    -8,
    -0.5,
    NaN,
    1,
    0,
    inf,
  ]),
  {
    ...exact('pow', 'gradients at 0', [floats([0, 0, 3, -2, 0]), floats([2, 1, 0, 2, -1])], g.pow, [0, 0, 1, 4, inf]),
    wantGrads: [
      [0, 1, 0, -4, -inf],
      [0, 0, Math.log(3), NaN, -inf],
    ],
  },
  exact('div', 'by 0', [floats([1, -1, 0]), floats([0, 0, 0])], g.div, [inf, -inf, NaN]),
  exact('div', 'integers give floats', [ints([7, -7]), ints([2, 2])], g.div, [3.5, -3.5]),
  exact(
    'remainder',
    'has the sign of the divisor',
    [floats([7, -7, 7, -7, 5.5]), floats([3, 3, -3, -3, -2])],
    g.remainder,
    [1, 2, -2, -1, -0.5],
  ),
  exact('remainder', 'integers', [ints([7, -7, 7, -7, 6]), ints([3, 3, -3, -3, -3])], g.remainder, [1, 2, -2, -1, 0]),
  sample(
    'remainder',
    'many times the divisor',
    [floats([12345.5, -777.75, 999.125]), floats([0.4375, 0.3125, -0.15625])],
    g.remainder,
    { large: true },
  ),
  exact(
    'atan2',
    'quadrants and axes',
    [floats([1, 1, -1, -1, 0, 0]), floats([1, -1, -1, 1, -1, 1])],
    g.atan2,
    [0.25, 0.75, -0.75, -0.25, 1, 0].map((t) => t * Math.PI),
  ),
  {
    ...exact('atan2', 'the gradient at the origin is 0', [floats([0]), floats([0])], g.atan2, [0]),
    wantGrads: [[0], [0]],
  },
  exact('hypot', 'does not overflow', [floats([3 * 2 ** 100, -3, inf, NaN]), floats([2 ** 102, 4, 1, 1])], g.hypot, [
    5 * 2 ** 100,
    5,
    inf,
    NaN,
  ]),
  {
    ...exact('hypot', 'the gradient at the origin is 0', [floats([0, 3]), floats([0, 4])], g.hypot, [0, 5]),
    wantGrads: [
      [0, 0.6],
      [0, 0.8],
    ],
  },
  ...(
    [
      ['maximum', g.maximum, [2, 5, 3]],
      ['minimum', g.minimum, [1, 5, -4]],
    ] as const
  ).flatMap(([op, fn, want]) => [
    {
      ...exact(op, 'ties share the gradient', [floats([2, 5, -4]), floats([1, 5, 3])], fn, [...want]),
      wantGrads:
        op === 'maximum'
          ? [
              [1, 0.5, 0],
              [0, 0.5, 1],
            ]
          : [
              [0, 0.5, 1],
              [1, 0.5, 0],
            ],
    },
    exact(op, 'NaN on either side', [floats([NaN, 1]), floats([1, NaN])], fn, [NaN, NaN]),
  ]),
  exact(
    'add',
    'integers wrap',
    [ints([2147483647, -5])],
    (x) => [g.add(x, 1), g.mul(x, 3), g.sub(x, -9)],
    [-2147483648, -4],
    [2147483645, -15],
    [-2147483640, 4],
  ),
  exact('mul', 'integers wrap', [ints([65537, -65537]), ints([65537, 65539])], g.mul, [131073, -262147]),
  exact(
    'mul',
    'integer literals wrap',
    [ints([2147483647])],
    (x) => [g.mul(x, 2147483645), g.mul(g.full([], 2147483647, x), 2147483645), g.pow(g.full([], 3, x), 41)],
    [3],
    3,
    2069870691,
  ),
  exact(
    'add',
    'an integer meets a float and a bool',
    [ints([3, -1]), floats([0.5, 0.25]), bools([1, 0])],
    (a, b, c) => [g.add(a, b), g.add(a, c)],
    [3.5, -0.75],
    [4, -1],
  ),
  exact('sub', 'infinities', [floats([inf, inf]), floats([inf, 1])], g.sub, [NaN, inf]),
  exact('mul', '0 times infinity', [floats([0, 2]), floats([inf, -inf])], g.mul, [NaN, -inf]),

  exact(
    'equal',
    'NaN equals nothing',
    [floats([NaN, 1, 2]), floats([NaN, 1, 3])],
    (a, b) => [g.equal(a, b), g.notEqual(a, b)],
    [0, 1, 0],
    [1, 0, 1],
  ),
  ...Object.entries(comparisons).flatMap(([op, fn]) => [
    exact(op, 'below, equal, above', [floats([1, 2, 3]), floats([2, 2, 2])], fn, [
      ...COMPARED[op as keyof typeof COMPARED],
    ]),
    sample(op, 'broadcasts', [floats([[1], [2.5]]), floats([1, 2, 2.5])], fn, { order: 0 }),
    sample(
      op,
      'integers and NaN',
      [ints([1, -2, 2147483647]), ints([1, 3, -2147483648]), floats([NaN, 1, NaN]), floats([NaN, NaN, 1])],
      (a, b, c, d) => [fn(a, b), fn(c, d)],
      { order: 0 },
    ),
  ]),
  ...(['logicalAnd', 'logicalOr', 'logicalXor'] as const).map((op) =>
    exact(
      op,
      'truth table',
      [bools([[0], [1]]), floats([0, -2.5])],
      g[op],
      {
        logicalAnd: [
          [0, 0],
          [0, 1],
        ],
        logicalOr: [
          [0, 1],
          [1, 1],
        ],
        logicalXor: [
          [0, 1],
          [1, 0],
        ],
      }[op],
    ),
  ),
  exact(
    'add',
    'of bools: either',
    [bools([[0], [1]]), bools([0, 1])],
    (a, b) => [g.add(a, b), g.mul(a, b), g.square(a)],
    [
      [0, 1],
      [1, 1],
    ],
    [
      [0, 0],
      [0, 1],
    ],
    [[0], [1]],
  ),
  exact(
    'logicalNot',
    'numbers too',
    [bools([0, 1]), floats([0, 0.5])],
    (a, b) => [g.logicalNot(a), g.logicalNot(b)],
    [1, 0],
    [1, 0],
  ),

  sample('where', 'all three broadcast', [bools([[1], [0]]), signed([3]), signed([2, 1], 1)], g.where),
  sample('where', 'chooses by a comparison', [signed([2, 3]), signed([2, 3], 1)], (a, b) =>
    g.where(g.greater(a, b), g.mul(a, a), g.sin(b)),
  ),
  sample('where', 'literals', [signed([4])], (x) => [g.where(g.less(x, 0), 0.5, x), g.where(g.less(x, 0), x, -2)]),
  {
    ...exact(
      'where',
      'NaN of the other side stays out',
      [floats([-1, 4])],
      (x) => g.where(g.greater(x, 0), g.log(g.where(g.greater(x, 0), x, 1)), 0),
      [0, Math.log(4)],
    ),
    wantGrads: [[0, 0.25]],
  },
  {
    ...exact(
      'where',
      'swapped sides show',
      [bools([1, 0, 1]), floats([1, 2, 3]), floats([-4, -5, -6])],
      g.where,
      [1, -5, 3],
    ),
    wantGrads: [null, [1, 0, 1], [0, 1, 0]],
  },
  sample('clip', 'inside, below and above', [signed([2, 4])], (x) => [
    g.clip(x, { min: -0.5, max: 1 }),
    g.clip(x, { min: 0 }),
    g.clip(x, { max: 0.3 }),
  ]),
  {
    ...exact(
      'clip',
      'passes the gradient at its bounds',
      [floats([-2, -1, 0.5, 1, 2, NaN])],
      (x) => g.clip(x, { min: -1, max: 1 }),
      [-1, -1, 0.5, 1, 1, NaN],
    ),
    wantGrads: [[0, 1, 1, 1, 0, 0]],
  },
  exact(
    'clip',
    'bounds that cross give the upper',
    [floats([0, 5]), floats([3]), floats([1])],
    (x, min, max) => [g.clip(x, { min: 3, max: 1 }), g.clip(x, { min, max })],
    [1, 1],
    [1, 1],
  ),
  sample(
    'clip',
    'bounds that are tensors broadcast',
    [signed([2, 4]), floats([[-0.7], [-1.2]]), positive([4])],
    (x, min, max) => [
      g.clip(x, { min, max }),
      g.clip(x, { min }),
      g.clip(x, { max }),
      g.clip(x, { min, max: 0.5 }),
      g.clip(x, { min: -0.5, max }),
    ],
  ),
  {
    ...exact(
      'clip',
      'keeps the gradient at bounds that are tensors too',
      [floats([-3, -1, 0.5, 2, 4, NaN]), floats([2])],
      (x, max) => g.clip(x, { min: -1, max }),
      [-1, -1, 0.5, 2, 2, NaN],
    ),
    wantGrads: [[0, 1, 1, 1, 0, 0], [2]],
  },

  exact(
    'cast',
    'floats truncate',
    [floats([1.9, -1.9, 0.5, NaN, -0.4])],
    (x) => [g.cast(x, 'int32'), g.cast(x, 'bool')],
    [1, -1, 0, 0, 0],
    [1, 1, 1, 1, 1],
  ),
  // Numbers at the edges of the ranges, once as data, for kernels, and once as literals, for constant folding.
  exact(
    'cast',
    'floats that an integer cannot hold',
    [floats(EDGES)],
    (x) =>
      (['int32', 'uint32', 'bool'] as const).flatMap((dtype) => [
        g.cast(x, dtype),
        g.stack(EDGES.map((v) => g.cast(g.full([], v, x), dtype))),
      ]),
    ...[EDGES_INT32, EDGES_UINT32, EDGES_BOOL].flatMap((want) => [want, want]),
  ),
  exact(
    'cast',
    'integers wrap, as literals too',
    [ints([-1, 7, -2147483648])],
    (x) => [g.cast(x, 'uint32'), g.cast(g.full([], -1, { dtype: 'int32' }), 'uint32')],
    [4294967295, 7, 2147483648],
    4294967295,
  ),
  exact(
    'cast',
    'bools and integers',
    [bools([1, 0]), ints([-3, 0])],
    (b, i) => [g.cast(b, 'float32'), g.cast(b, 'int32'), g.cast(i, 'float32'), g.cast(i, 'bool'), g.cast(i, 'uint32')],
    [1, 0],
    [1, 0],
    [-3, 0],
    [1, 0],
    [4294967293, 0],
  ),
  {
    ...exact(
      'cast',
      'gradients pass between floats only',
      [floats([1.5, 2.5])],
      (x) => [g.cast(x, 'float32'), g.cast(g.cast(x, 'int32'), 'float32')],
      [1.5, 2.5],
      [1, 2],
    ),
    wantGrads: [[1, 1]],
  },
]
