/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import * as g from '../functions.ts'
import { floats, ints, signed } from './data.ts'
import { exact, sample, type Sample } from './sample.ts'

const cell = (h: g.Tensor, x: g.Tensor, w: g.Tensor): g.Tensor => g.tanh(g.add(g.matmul(h, w), x))

/** Programs in which plans run inside plans. */
export const controlSamples: readonly Sample[] = [
  exact(
    'scan',
    'running sums, from either end',
    [floats([1, 2, 3.5])],
    (x) => [
      ...g.scan((c: g.Tensor, v) => [g.add(c, v), g.add(c, v)], g.zeros([], x), x),
      ...g.scan((c: g.Tensor, v) => [g.add(c, v), c], g.zeros([], x), x, { reverse: true }),
    ],
    6.5,
    [1, 3, 6.5],
    6.5,
    [5.5, 3.5, 0],
  ),
  exact(
    'scan',
    'no iterations, and one',
    [floats([2, 3])],
    (x) => [
      ...g.scan((c: g.Tensor) => [g.mul(c, 2), c], x, null, { length: 0 }),
      ...g.scan((c: g.Tensor) => [g.mul(c, 2), c], x, null, { length: 1 }),
    ],
    [2, 3],
    [],
    [4, 6],
    [[2, 3]],
  ),
  exact(
    'scan',
    'a carry of integers, two that change places',
    [ints([3, 4])],
    (x) => {
      const [[a, b, n]] = g.scan(
        ([p, q, k]: readonly g.Tensor[], v) => [[q, g.add(p, v), g.add(k, 1)], null],
        [x, g.mul(x, 2), g.cast(0, 'int32')],
        x,
      )
      return [a, b, n]
    },
    [6, 7],
    [10, 12],
    2,
  ),
  sample(
    'scan',
    'a recurrent net that keeps its states',
    [signed([3, 2, 2]), signed([2, 2], 1), signed([2, 2], 2)],
    (x, w, h) =>
      g.scan(
        (c: g.Tensor, v) => {
          const next = cell(c, v, w)
          return [next, next]
        },
        h,
        x,
      ),
  ),
  sample(
    'scan',
    'backward in time, with a value of each kind',
    [signed([3, 2]), signed([2, 2], 1), signed([2], 2)],
    (x, w, b) => {
      const [{ h, s }, ys] = g.scan(
        (c: { h: g.Tensor; s: g.Tensor }, v) => {
          const next = g.add(
            g.reshape(cell(g.expandDims(c.h, 0), g.expandDims(v, 0), g.transpose(w)), [2]),
            g.mul(b, b),
          )
          return [{ h: next, s: g.add(c.s, g.sum(g.mul(next, c.h))) }, [next, c.h, v, b, g.flip(next), g.sin(next)]]
        },
        { h: b, s: g.zeros([], x) },
        x,
        { reverse: true },
      )
      return [h, s, ...ys]
    },
  ),
  sample('scan', 'a scan in a scan, over what the outer one carries', [signed([2, 3]), signed([3], 1)], (x, w) =>
    g.scan(
      (c: g.Tensor, row) => {
        const [inner, sums] = g.scan((d: g.Tensor, v) => [g.sin(g.add(d, g.mul(v, c))), g.mul(d, w)], g.sum(row), row)
        return [g.add(c, inner), g.sum(sums)]
      },
      g.sum(w),
      x,
    ),
  ),
  sample('scan', 'gradients taken in each iteration', [signed([3, 2]), signed([2], 1)], (x, w) =>
    g.scan(
      (c: g.Tensor, v) => {
        const [step] = g.grad([g.sum(g.sin(g.mul(g.mul(w, c), v)))], [c])
        return [g.sub(c, g.mul(step, 0.3)), g.sum(c)]
      },
      w,
      x,
    ),
  ),
  exact(
    'cond',
    'one branch or the other',
    [floats([4, 9])],
    (x) =>
      [true, false].map((p) =>
        g.cond(
          g.equal(g.sum(x), p ? 13 : 12),
          (v) => g.sqrt(v),
          (v) => g.neg(v),
          x,
        ),
      ),
    [2, 3],
    [-4, -9],
  ),
  {
    ...sample('cond', 'a branch not taken that has no gradient', [floats([-0.5, 0])], (x) =>
      g.cond(
        g.greater(g.sum(x), 0),
        () => g.mul(g.sqrt(x), g.log(x)),
        () => g.add(g.mul(x, 3), 1),
      ),
    ),
    order: 1,
    want: [[-0.5, 1]],
    wantGrads: [[3, 3]],
  },
  sample('cond', 'records, from what is outside, in both branches', [signed([2, 2]), signed([2], 1)], (x, w) =>
    [1, -1].flatMap((sign) => {
      const { a, b } = g.cond(
        g.greater(g.sum(g.mul(x, sign)), 0),
        (v) => ({ a: g.tanh(g.matmul(v, x)), b: [w] }),
        (v) => ({ a: g.mul(v, w), b: [g.sin(w)] }),
        x,
      )
      return [a, ...b]
    }),
  ),
  sample('cond', 'rows that either branch looks up', [signed([3, 2]), ints([2, 0, -1])], (x, i) =>
    [1, -1].map((sign) =>
      g.cond(
        g.greater(g.sum(g.mul(x, sign)), 0),
        (v) => g.sin(g.take(v, i)),
        (v) => g.scatterAdd(v, i, g.mul(v, v)),
        x,
      ),
    ),
  ),
  sample('cond', 'in a scan, and a scan in it', [signed([4]), signed([2], 1)], (x, w) =>
    g.scan(
      (c: g.Tensor, v) => {
        const next = g.cond(
          g.greater(v, 0),
          (h) => g.mul(h, g.add(w, v)),
          (h) => g.scan((d: g.Tensor) => [g.sin(g.add(d, w)), null], h, null, { length: 2 })[0],
          c,
        )
        return [next, g.sum(next)]
      },
      w,
      x,
    ),
  ),
]
