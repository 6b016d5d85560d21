/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import * as g from '../functions.ts'
import { floats, ints, signed } from './data.ts'
import { exact, sample, type Sample } from './sample.ts'

/** Indexing by values. */
export const gatherSamples: readonly Sample[] = [
  sample('take', 'rows, repeated and negative', [signed([3, 2]), ints([2, 0, -1, 2])], (x, i) =>
    g.square(g.take(x, i)),
  ),
  sample(
    'take',
    'indices of two axes inside',
    [
      signed([2, 3, 2]),
      ints([
        [1, 2],
        [0, 1],
      ]),
    ],
    (x, i) => g.take(g.sin(x), i, 1),
  ),
  sample('take', 'one index, no index', [signed([2, 3]), ints(-2), ints([])], (x, i, none) => [
    g.take(x, i, -1),
    g.take(x, none, 1),
  ]),
  sample(
    'takeAlongAxis',
    'each axis',
    [
      signed([2, 3]),
      ints([
        [2, 2, 0, -1],
        [1, 0, 0, 2],
      ]),
      ints([[1, 0, 1]]),
    ],
    (x, i, j) => [g.square(g.takeAlongAxis(x, i, 1)), g.takeAlongAxis(x, j, 0)],
  ),
  sample('scatterAdd', 'repeated indices accumulate', [signed([3, 2]), ints([2, 0, 2]), signed([3, 2], 1)], (x, i, u) =>
    g.square(g.scatterAdd(x, i, u)),
  ),
  sample(
    'scatterAdd',
    'inside, indices of two axes',
    [signed([2, 3]), ints([[0, -1]]), signed([2, 1, 2], 1)],
    (x, i, u) => g.scatterAdd(x, i, g.sin(u), 1),
  ),
  exact(
    'scatterAdd',
    'integers',
    [ints([1, 2, 3]), ints([1, 1, -3]), ints([10, 20, 30])],
    (x, i, u) => g.scatterAdd(x, i, u),
    [31, 32, 3],
  ),
  sample(
    'scatterAddAlongAxis',
    'each axis',
    [
      signed([2, 3]),
      ints([
        [2, 2],
        [0, 1],
      ]),
      signed([2, 2], 1),
    ],
    (x, i, u) => [g.square(g.scatterAddAlongAxis(x, i, u, 1))],
  ),
  sample('scatterAddAlongAxis', 'the first axis', [signed([3, 2]), ints([[1, 0]]), signed([1, 2], 1)], (x, i, u) =>
    g.scatterAddAlongAxis(x, i, u, 0),
  ),
  exact(
    'oneHot',
    'and indices outside',
    [
      ints([
        [1, 0],
        [3, -1],
      ]),
    ],
    (i) => g.oneHot(i, 3),
    [
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
      [
        [0, 0, 0],
        [0, 0, 0],
      ],
    ],
  ),
  exact(
    'checkIndices',
    'passes what is inside or ignored',
    [
      ints([
        [1, 0],
        [-100, 2],
      ]),
    ],
    (i) => g.checkIndices(i, 3, { ignoreIndex: -100 }),
    [
      [1, 0],
      [-100, 2],
    ],
  ),
  sample(
    'take',
    'many rows',
    [signed([50, 33]), ints(Array.from({ length: 40 }, (_, i) => (i * 17) % 50))],
    (x, i) => g.take(x, i),
    { large: true },
  ),
  exact(
    'arange',
    'whole, falling, fractional',
    [],
    () => [g.arange(4), g.arange(5, 0, -2), g.arange(0, 1, 0.25), g.arange(3, 3)],
    [0, 1, 2, 3],
    [5, 3, 1],
    [0, 0.25, 0.5, 0.75],
    [],
  ),
  exact(
    'linspace',
    'has exact ends',
    [],
    () => [g.linspace(0, 1, 5), g.linspace(2, -2, 3), g.linspace(4, 9, 1)],
    [0, 0.25, 0.5, 0.75, 1],
    [2, 0, -2],
    [4],
  ),
  exact(
    'eye',
    'square and wide',
    [],
    () => [g.eye(2), g.eye(2, 3, { dtype: 'int32' })],
    [
      [1, 0],
      [0, 1],
    ],
    [
      [1, 0, 0],
      [0, 1, 0],
    ],
  ),
  exact(
    'full',
    'zeros and ones',
    [],
    () => [g.full([2, 2], 1.5), g.zeros([2], { dtype: 'int32' }), g.ones([]), g.full([0], 3)],
    [
      [1.5, 1.5],
      [1.5, 1.5],
    ],
    [0, 0],
    1,
    [],
  ),
  exact(
    'zerosLike',
    'shape and dtype of a tensor',
    [floats([[3, 4]]), ints([5])],
    (x, i) => [g.zerosLike(x), g.zerosLike(i)],
    [[0, 0]],
    [0],
  ),
  exact(
    'ones',
    'every dtype',
    [],
    () => [g.ones([1, 2]), g.ones([2], { dtype: 'bool' }), g.ones([], { dtype: 'uint32' })],
    [[1, 1]],
    [1, 1],
    1,
  ),
  exact('zeros', 'no element', [], () => [g.zeros([0, 2]), g.zeros([1])], [], [0]),
  exact(
    'tensor',
    'data of every dtype',
    [],
    () => [
      g.tensor([[1.5, -2]]),
      g.tensor([true, false]),
      g.tensor(new Int32Array([7, -8])),
      g.tensor(new Float64Array([0.1])),
      g.tensor(3, { dtype: 'uint32' }),
    ],
    [[1.5, -2]],
    [1, 0],
    [7, -8],
    [0.1],
    3,
  ),
]
