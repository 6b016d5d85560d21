/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import * as g from '../functions.ts'
import { floats, ints, signed } from './data.ts'
import { exact, sample, type Sample } from './sample.ts'

/** Movement and assembly. The square or sine before or after shows where elements went in second derivatives too. */
export const movementSamples: readonly Sample[] = [
  sample('reshape', 'a computed size', [signed([2, 6])], (x) => [
    g.reshape(g.square(x), [3, -1]),
    g.reshape(x, [4, 1, 3]),
  ]),
  sample('reshape', 'of a transposed array', [signed([2, 3])], (x) => g.square(g.reshape(g.transpose(x), [2, 3]))),
  sample('reshape', 'rank 0 and no element', [signed([1, 1]), signed([0, 3])], (a, b) => [
    g.reshape(a, []),
    g.reshape(b, [5, 0]),
  ]),
  sample('transpose', 'a permutation that is not its own inverse', [signed([2, 3, 2])], (x) => [
    g.square(g.transpose(x, [1, 2, 0])),
    g.transpose(x, [2, 0, 1]),
  ]),
  sample('transpose', 'reverses axes by default', [signed([2, 3])], (x) => g.mul(g.transpose(x), g.reshape(x, [3, 2]))),
  exact(
    'transpose',
    'negative axes',
    [
      floats([
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
      ]),
    ],
    (x) => g.transpose(x, [-1, 0, 1]),
    [[[1, 3, 5]], [[2, 4, 6]]],
  ),
  sample('broadcastTo', 'new and stretched axes', [signed([2, 1])], (x) =>
    g.mul(g.broadcastTo(x, [3, 2, 2]), g.sin(x)),
  ),
  sample('broadcastTo', 'to no element', [signed([1, 3])], (x) => g.broadcastTo(x, [0, 3])),
  sample('expandDims', 'front, back, several', [signed([2, 2])], (x) => [
    g.expandDims(x, 0),
    g.expandDims(x, -1),
    g.mul(g.expandDims(x, [0, 2]), x),
  ]),
  sample('squeeze', 'one, several, all', [signed([1, 2, 1])], (x) => [
    g.squeeze(x, 0),
    g.squeeze(x, [0, -1]),
    g.square(g.squeeze(x)),
  ]),
  sample('concat', 'uneven parts, one twice', [signed([2, 1]), signed([2, 3], 1)], (a, b) =>
    g.concat([a, g.square(b), a], 1),
  ),
  sample(
    'concat',
    'the first axis, with an empty part',
    [signed([1, 2]), signed([0, 2]), signed([2, 2], 1)],
    (a, b, c) => g.concat([a, b, c], 0),
  ),
  exact('concat', 'promotes', [ints([1]), floats([0.5])], (a, b) => g.concat([a, b]), [1, 0.5]),
  sample('stack', 'each axis', [signed([2, 2]), signed([2, 2], 1)], (a, b) => [
    g.stack([a, g.sin(b)]),
    g.stack([a, b], 1),
    g.stack([a, b], -1),
  ]),
  sample('split', 'equal parts and sizes', [signed([2, 6])], (x) => {
    const [a, b] = g.split(x, 2, -1)
    const [c, , d] = g.split(x, [1, 3, 2], 1)
    return [g.mul(a, b), g.square(c), d]
  }),
  sample('slice', 'nothing of an axis, in steps and backward', [signed([3])], (x) => [
    g.square(g.slice(x, [[0, 0, 3]])),
    g.square(g.slice(x, [[0, 2, -1]])),
  ]),
  sample('slice', 'ranges, steps, integers', [signed([2, 3, 2])], (x) => [
    g.slice(x, [1]),
    g.square(g.slice(x, [null, [0, 3, 2], [0, -1]])),
    g.slice(x, [-1, null, 1]),
  ]),
  sample('slice', 'from the middle', [signed([5])], (x) => [
    g.square(g.slice(x, [[1, 4]])),
    g.slice(x, [[1, null, 3]]),
  ]),
  sample('slice', 'backwards', [signed([2, 5])], (x) => [
    g.square(g.slice(x, [null, [null, null, -1]])),
    g.slice(x, [
      [null, null, -1],
      [4, 0, -2],
    ]),
    g.slice(x, [null, [null, 1, -3]]),
  ]),
  exact(
    'slice',
    'clamps as NumPy does',
    [floats([0, 1, 2, 3, 4])],
    (x) => [g.slice(x, [[-3, 99]]), g.slice(x, [[3, 1]]), g.slice(x, [[-99, 2]]), g.slice(x, [[99, null, -2]])],
    [2, 3, 4],
    [],
    [0, 1],
    [4, 2, 0],
  ),
  sample('pad', 'uneven widths and a value', [signed([2, 2])], (x) => [
    g.square(
      g.pad(
        x,
        [
          [1, 2],
          [0, 3],
        ],
        { value: 1.5 },
      ),
    ),
    g.pad(x, [
      [0, 0],
      [2, 0],
    ]),
  ]),
  exact(
    'pad',
    'integers',
    [ints([[1, 2]])],
    (x) =>
      g.pad(
        x,
        [
          [1, 0],
          [0, 2],
        ],
        { value: 7 },
      ),
    [
      [7, 7, 7, 7],
      [1, 2, 7, 7],
    ],
  ),
  sample('pad', 'of no element', [signed([0, 2])], (x) =>
    g.pad(
      x,
      [
        [1, 1],
        [0, 1],
      ],
      { value: 2 },
    ),
  ),
  sample('flip', 'one, several, all axes', [signed([2, 3])], (x) => [
    g.mul(g.flip(x, 1), x),
    g.flip(x, [0, -1]),
    g.square(g.flip(x)),
  ]),
  sample('tile', 'each axis, a new one', [signed([2, 2])], (x) => [
    g.mul(g.tile(x, [2, 3]), 0.5),
    g.square(g.tile(x, [2, 1, 2])),
  ]),
  exact(
    'tile',
    'order, and no repeat',
    [floats([[1, 2]])],
    (x) => [g.tile(x, [2, 2]), g.tile(x, [0, 1])],
    [
      [1, 2, 1, 2],
      [1, 2, 1, 2],
    ],
    [],
  ),
  sample('roll', 'one and several axes, both ways, and flat', [signed([2, 3])], (x) => [
    g.square(g.roll(x, 1, 1)),
    g.roll(x, [-1, 2], [0, 1]),
    g.mul(g.roll(x, 4), x),
  ]),
  exact(
    'roll',
    'moves towards the end',
    [floats([1, 2, 3, 4])],
    (x) => [g.roll(x, 1, 0), g.roll(x, -5, 0)],
    [4, 1, 2, 3],
    [2, 3, 4, 1],
  ),
  sample('triu', 'diagonals on, above and below', [signed([3, 4])], (x) => [
    g.square(g.triu(x)),
    g.triu(x, 1),
    g.triu(x, -1),
  ]),
  sample('tril', 'diagonals on, above and below, batched', [signed([2, 2, 3])], (x) => [
    g.square(g.tril(x)),
    g.tril(x, 1),
    g.tril(x, -1),
  ]),
  exact(
    'triu',
    'NaN outside stays out',
    [
      floats([
        [1, NaN],
        [NaN, 2],
      ]),
    ],
    (x) => [g.triu(x, 1), g.tril(x, -1)],
    [
      [0, NaN],
      [0, 0],
    ],
    [
      [0, 0],
      [NaN, 0],
    ],
  ),
  sample('diagonal', 'above, below, of other axes', [signed([3, 4]), signed([2, 3, 2])], (m, x) => [
    g.square(g.diagonal(m)),
    g.diagonal(m, 2),
    g.diagonal(m, -1),
    g.diagonal(x, 0, { axes: [2, 0] }),
  ]),
  sample('diag', 'of a vector and of a matrix', [signed([3]), signed([2, 3])], (v, m) => [
    g.square(g.diag(v)),
    g.diag(v, 1),
    g.diag(v, -2),
    g.diag(m, 1),
  ]),
]
