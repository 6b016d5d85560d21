/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import * as g from '../functions.ts'
import { floats, ints } from './data.ts'
import { exact, type Sample } from './sample.ts'

const count = floats([
  [0, 1, 2],
  [3, 4, 5],
])

/** Plain values of ops whose other samples rest on the reference backend, worked out by hand. */
export const statedSamples: readonly Sample[] = [
  exact('identity', 'the same values', [count], g.identity, [
    [0, 1, 2],
    [3, 4, 5],
  ]),
  exact('polygamma', 'trigamma at 1 and 1/2', [floats([1, 0.5])], (x) => g.polygamma(1, x), [
    Math.PI ** 2 / 6,
    Math.PI ** 2 / 2,
  ]),
  exact(
    'variance',
    'of a population and of a sample',
    [floats([1, 2, 4])],
    (x) => [g.variance(x), g.variance(x, { correction: 1 }), g.std(x, { correction: 1 })],
    14 / 9,
    7 / 3,
    Math.sqrt(7 / 3),
  ),
  exact(
    'cumprod',
    'along each axis',
    [count],
    (x) => [g.cumprod(g.add(x, 1)), g.cumprod(x, { axis: 0 })],
    [
      [1, 2, 6],
      [4, 20, 120],
    ],
    [
      [0, 1, 2],
      [0, 4, 10],
    ],
  ),
  exact(
    'reshape',
    'row-major order',
    [count],
    (x) => [g.reshape(x, [3, 2]), g.reshape(g.transpose(x), [2, 3])],
    [
      [0, 1],
      [2, 3],
      [4, 5],
    ],
    [
      [0, 3, 1],
      [4, 2, 5],
    ],
  ),
  exact('broadcastTo', 'leading and stretched axes', [floats([[1], [2]])], (x) => g.broadcastTo(x, [2, 2, 2]), [
    [
      [1, 1],
      [2, 2],
    ],
    [
      [1, 1],
      [2, 2],
    ],
  ]),
  exact(
    'expandDims',
    'where they stand',
    [floats([1, 2])],
    (x) => [g.expandDims(x, 0), g.expandDims(x, 1)],
    [[1, 2]],
    [[1], [2]],
  ),
  exact('squeeze', 'all and one', [floats([[[1], [2]]])], (x) => [g.squeeze(x), g.squeeze(x, 0)], [1, 2], [[1], [2]]),
  exact(
    'stack',
    'each axis',
    [floats([1, 2]), floats([3, 4])],
    (a, b) => [g.stack([a, b]), g.stack([a, b], 1)],
    [
      [1, 2],
      [3, 4],
    ],
    [
      [1, 3],
      [2, 4],
    ],
  ),
  exact(
    'split',
    'along the last axis',
    [count],
    (x) => [...g.split(x, [1, 2], -1), ...g.split(x, 2)],
    [[0], [3]],
    [
      [1, 2],
      [4, 5],
    ],
    [[0, 1, 2]],
    [[3, 4, 5]],
  ),
  exact(
    'flip',
    'each axis',
    [count],
    (x) => [g.flip(x, 0), g.flip(x, 1)],
    [
      [3, 4, 5],
      [0, 1, 2],
    ],
    [
      [2, 1, 0],
      [5, 4, 3],
    ],
  ),
  exact(
    'tril',
    'diagonals',
    [
      floats([
        [1, 2],
        [3, 4],
      ]),
    ],
    (x) => [g.tril(x), g.tril(x, -1), g.triu(x)],
    [
      [1, 0],
      [3, 4],
    ],
    [
      [0, 0],
      [3, 0],
    ],
    [
      [1, 2],
      [0, 4],
    ],
  ),
  exact(
    'diagonal',
    'on, above and below',
    [count],
    (x) => [g.diagonal(x), g.diagonal(x, 1), g.diagonal(x, -1)],
    [0, 4],
    [1, 5],
    [3],
  ),
  exact(
    'diag',
    'of a vector',
    [floats([1, 2])],
    (x) => [g.diag(x), g.diag(x, 1)],
    [
      [1, 0],
      [0, 2],
    ],
    [
      [0, 1, 0],
      [0, 0, 2],
      [0, 0, 0],
    ],
  ),
  exact(
    'take',
    'rows and columns',
    [count, ints([1, -1, 0])],
    (x, i) => [g.take(x, i), g.take(x, i, 1)],
    [
      [3, 4, 5],
      [3, 4, 5],
      [0, 1, 2],
    ],
    [
      [1, 2, 0],
      [4, 5, 3],
    ],
  ),
  exact(
    'takeAlongAxis',
    'an index an element',
    [
      count,
      ints([
        [2, -3],
        [1, 0],
      ]),
    ],
    (x, i) => g.takeAlongAxis(x, i, 1),
    [
      [2, 0],
      [4, 3],
    ],
  ),
  exact(
    'scatterAddAlongAxis',
    'repeated indices accumulate',
    [
      count,
      ints([
        [2, 2],
        [0, 1],
      ]),
      floats([
        [10, 20],
        [30, 40],
      ]),
    ],
    (x, i, u) => g.scatterAddAlongAxis(x, i, u, 1),
    [
      [0, 1, 32],
      [33, 44, 5],
    ],
  ),
  exact('dot', 'vectors', [floats([1, 2]), floats([3, -1])], g.dot, 1),
  exact('outer', 'rows of the first', [floats([1, 2]), floats([3, -1, 0])], g.outer, [
    [3, -1, 0],
    [6, -2, 0],
  ]),
  exact(
    'matmul',
    'by hand',
    [
      floats([
        [1, 2],
        [3, 4],
      ]),
      floats([[5], [-6]]),
    ],
    g.matmul,
    [[-7], [-9]],
  ),
  exact(
    'tensordot',
    'two axes',
    [
      count,
      floats([
        [1, 0],
        [0, 1],
        [2, 0],
      ]),
    ],
    (a, b) => [
      g.tensordot(a, b, [[1], [0]]),
      g.tensordot(a, b, [
        [0, 1],
        [1, 0],
      ]),
    ],
    [
      [4, 1],
      [13, 4],
    ],
    8,
  ),
  exact(
    'einsum',
    'a product, a trace, a transpose',
    [
      floats([
        [1, 2],
        [3, 4],
      ]),
    ],
    (a) => [g.einsum('ij,jk->ik', a, a), g.einsum('ii', a), g.einsum('ij->ji', a)],
    [
      [7, 10],
      [15, 22],
    ],
    5,
    [
      [1, 3],
      [2, 4],
    ],
  ),
]
