/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import * as g from '@gradloom/core'
import { floats, ints, signed } from './data.ts'
import { exact, sample, type Sample } from './sample.ts'

const cell = (h: g.Tensor, x: g.Tensor, w: g.Tensor): g.Tensor => g.tanh(g.add(g.matmul(h, w), x))

/** Programs in which plans run inside plans. */
export const controlSamples: readonly Sample[] = [
  exact('scan', 'running sums, from either end', [floats([1, 2, 3.5])], (x) => [
    ...g.scan((c: g.Tensor, v) => [g.add(c, v), g.add(c, v)], g.zeros([], x), x),
    ...g.scan((c: g.Tensor, v) => [g.add(c, v), c], g.zeros([], x), x, { reverse: true }),
  ], 6.5, [1, 3, 6.5], 6.5, [5.5, 3.5, 0]),
  exact('scan', 'no iterations, and one', [floats([2, 3])], (x) => [
    ...g.scan((c: g.Tensor) => [g.mul(c, 2), c], x, null, { length: 0 }), ...g.scan((c: g.Tensor) => [g.mul(c, 2), c], x, null, { length: 1 }),
  ], [2, 3], [], [4, 6], [[2, 3]]),
  exact('scan', 'a carry of integers, two that change places', [ints([3, 4])], (x) => {
    const [[a, b, n]] = g.scan(([p, q, k]: readonly g.Tensor[], v) => [[q, g.add(p, v), g.add(k, 1)], null], [x, g.mul(x, 2), g.cast(0, 'int32')], x)
    return [a, b, n]
  }, [6, 7], [10, 12], 2),
  sample('scan', 'a recurrent net that keeps its states', [signed([3, 2, 2]), signed([2, 2], 1), signed([2, 2], 2)], (x, w, h) => g.scan((c: g.Tensor, v) => {
    const next = cell(c, v, w)
    return [next, next]
  }, h, x)),
  sample('scan', 'backward in time, with a value of each kind', [signed([3, 2]), signed([2, 2], 1), signed([2], 2)], (x, w, b) => {
    const [{ h, s }, ys] = g.scan((c: { h: g.Tensor; s: g.Tensor }, v) => {
      const next = g.add(g.reshape(cell(g.expandDims(c.h, 0), g.expandDims(v, 0), g.transpose(w)), [2]), g.mul(b, b))
      return [{ h: next, s: g.add(c.s, g.sum(g.mul(next, c.h))) }, [next, c.h, v, b, g.flip(next), g.sin(next)]]
    }, { h: b, s: g.zeros([], x) }, x, { reverse: true })
    return [h, s, ...ys]
  }),
  sample('scan', 'a scan in a scan, over what the outer one carries', [signed([2, 3]), signed([3], 1)], (x, w) => g.scan((c: g.Tensor, row) => {
    const [inner, sums] = g.scan((d: g.Tensor, v) => [g.sin(g.add(d, g.mul(v, c))), g.mul(d, w)], g.sum(row), row)
    return [g.add(c, inner), g.sum(sums)]
  }, g.sum(w), x)),
  sample('scan', 'gradients taken in each iteration', [signed([3, 2]), signed([2], 1)], (x, w) => g.scan((c: g.Tensor, v) => {
    const [step] = g.grad([g.sum(g.sin(g.mul(g.mul(w, c), v)))], [c])
    return [g.sub(c, g.mul(step, 0.3)), g.sum(c)]
  }, w, x)),
]
