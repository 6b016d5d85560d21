import { along } from '../graph/form.ts'
import { defineOp, type Op } from '../graph/op.ts'
import { apply, asTensor } from '../graph/apply.ts'
import type { Tensor, TensorLike } from '../graph/tensor.ts'
import { normalizeAxes } from '../shape.ts'

const flipOp: Op<{ axes: readonly number[] }> = defineOp<{ axes: readonly number[] }>({
  name: 'flip',
  infer: ([x]) => x,
  form: {
    kind: 'view',
    view: (x, { axes }) => x.shape.map((n, i) => (axes.includes(i) ? { from: i, step: -1, offset: n - 1 } : along(i))),
  },
  vjp: ({ cotangents: [g], attrs: { axes } }) => [flip(g, axes)],
})

/** The order of elements reversed along `axis`, one or many (all where none is named). @throws ShapeError */
export function flip(x: TensorLike, axis?: number | readonly number[]): Tensor {
  const t = asTensor(x)
  const axes = normalizeAxes('flip', axis, t.shape)
  return axes.length ? apply(flipOp, [t], { axes }) : t
}
