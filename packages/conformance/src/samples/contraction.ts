/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import * as g from '../functions.ts'
import { floats, ints, signed } from './data.ts'
import { exact, sample, type Sample } from './sample.ts'

/** Products, and programs in which much is fused. */
export const contractionSamples: readonly Sample[] = [
  sample('matmul', 'matrices', [signed([2, 3]), signed([3, 4], 1)], g.matmul),
  sample('matmul', 'vectors', [signed([3]), signed([3], 1), signed([2, 3], 2)], (a, b, m) => [
    g.matmul(a, b),
    g.matmul(m, a),
    g.matmul(b, g.transpose(m)),
  ]),
  sample('matmul', 'batches', [signed([2, 2, 3]), signed([2, 3, 2], 1)], g.matmul),
  sample('matmul', 'batches that broadcast both ways', [signed([2, 1, 1, 2]), signed([3, 2, 2], 1)], g.matmul),
  sample('matmul', 'transposed and flipped operands', [signed([3, 2]), signed([4, 3], 1)], (a, b) => [
    g.matmul(g.transpose(a), g.transpose(b)),
    g.matmul(g.flip(b, 1), a),
    g.matmul(g.slice(b, [[null, null, 2]]), a),
  ]),
  sample('matmul', 'nothing to sum, no rows', [signed([2, 0]), signed([0, 3]), signed([0, 2])], (a, b, c) => [
    g.matmul(a, b),
    g.matmul(c, a),
  ]),
  exact('matmul', 'integers', [ints([[65537, 2]]), ints([[65537], [3]])], g.matmul, [[131079]]),
  exact(
    'matmul',
    'NaN and infinity spread along their row',
    [
      floats([
        [NaN, 1],
        [1, 0],
      ]),
      floats([
        [1, 2],
        [3, Infinity],
      ]),
    ],
    g.matmul,
    [
      [NaN, NaN],
      [1, NaN],
    ],
  ),
  sample('matmul', 'past the blocks of a fast kernel', [signed([67, 131]), signed([131, 75], 1)], g.matmul, {
    large: true,
  }),
  sample(
    'matmul',
    'tall, transposed, batched',
    [signed([3, 129, 5]), signed([129, 9], 1)],
    (a, b) => g.matmul(g.transpose(a, [0, 2, 1]), b),
    { large: true },
  ),
  sample('dot', 'vectors, matrices, scalars', [signed([3]), signed([3], 1), signed([2, 3], 2)], (a, b, m) => [
    g.dot(a, b),
    g.dot(m, a),
    g.dot(a, 2),
  ]),
  sample('outer', 'two vectors', [signed([2]), signed([3], 1)], g.outer),
  sample('tensordot', 'a number and lists', [signed([2, 3, 2]), signed([3, 2], 1)], (a, b) => [
    g.tensordot(a, b),
    g.tensordot(a, b, [[1], [0]]),
    g.tensordot(a, b, [
      [0, 1],
      [1, 0],
    ]),
  ]),
  sample('einsum', 'products, transposes, sums', [signed([2, 3]), signed([3, 2], 1)], (a, b) => [
    g.einsum('ij,jk->ik', a, b),
    g.einsum('ij->ji', a),
    g.einsum('ij->', a),
    g.einsum('ij,ji->j', a, b),
  ]),
  sample('einsum', 'traces and diagonals', [signed([3, 3])], (a) => [
    g.einsum('ii', a),
    g.einsum('ii->i', a),
    g.einsum('ij,ij->i', a, a),
  ]),
  sample('einsum', 'an ellipsis that broadcasts', [signed([2, 1, 2, 3]), signed([2, 3], 1)], (a, b) => [
    g.einsum('...ij,...ij->...i', a, b),
    g.einsum('...ij->...ji', a),
  ]),
  sample('einsum', 'three inputs', [signed([2]), signed([2, 3], 1), signed([3], 2)], (a, b, c) =>
    g.einsum('i,ij,j', a, b, c),
  ),

  sample('exp', 'softmax with its reductions fused', [signed([2, 4])], (x) => {
    const e = g.exp(g.sub(x, g.max(x, { axis: 1, keepDims: true })))
    return g.div(e, g.sum(e, { axis: 1, keepDims: true }))
  }),
  sample('sub', 'a normalisation with two reductions', [signed([2, 4]), signed([4], 1)], (x, w) => {
    const centred = g.sub(x, g.mean(x, { axis: -1, keepDims: true }))
    return g.mul(g.mul(centred, g.rsqrt(g.add(g.mean(g.square(centred), { axis: -1, keepDims: true }), 0.01))), w)
  }),
  sample(
    'matmul',
    'a layer with its bias and activation, used twice',
    [signed([3, 2]), signed([2, 3], 1), signed([3], 2)],
    (x, w, b) => {
      const h = g.tanh(g.add(g.matmul(x, w), b))
      return [g.matmul(h, g.transpose(w)), g.sum(g.mul(h, h), { axis: 0 })]
    },
  ),
  sample('add', 'shared subexpressions through movement', [signed([3, 3])], (x) => {
    const s = g.sin(x)
    const t = g.transpose(s)
    return [
      g.mul(g.add(s, t), g.flip(t, 0)),
      g.sum(
        g.mul(
          s,
          g.pad(g.slice(t, [[1, null]]), [
            [1, 0],
            [0, 0],
          ]),
        ),
        { axis: 0 },
      ),
    ]
  }),
]
