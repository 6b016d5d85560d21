import { sizeOf } from '@gradloom/core'
import { aroundAxis, LINE, placeOn, type AxisAttrs } from './axis.ts'
import { checkRange, rowAt } from './check.ts'
import { copied, type NamedKernel } from './context.ts'

/**
 * x with updates[a, i, b] added at [a, indices[i], b], in the order of i, whatever runs at the same time: equal indices
 * are linked first, each to the next one, and the first of them then adds them all up.
 */
export const scatterAdd: NamedKernel<AxisAttrs> = (
  { inputs: [x, indices, updates], outputs: [out], attrs },
  context,
) => {
  const { before, size, after } = aroundAxis(x.shape, attrs.axis)
  const count = sizeOf(indices.shape)
  const links = { buffer: context.scratch(4 * count), dtype: 'int32' } as const
  const linking = context.shader()
  const rowOf = (i: string): string => rowAt(linking.of(indices), i, size)
  // A link is the next equal index, or `count` behind the last; those that are not the first are marked by -1 - link.
  const link = `let row = ${rowOf('i')};
var next = i + 1;
while (next < ${count} && ${rowOf('next')} != row) { next++; }
var before = 0;
while (before < i && ${rowOf('before')} != row) { before++; }
${linking.of(links).set('i', 'select(-1 - next, next, before == i)')}`

  const adding = context.shader()
  const linked = adding.of(links)
  const added = adding.of(updates)
  const to = adding.of(out)
  const from = { size: count, after }
  const add = `var next = ${linked.get('i')};
if (next < 0) { return; }
let row = ${rowAt(adding.of(indices), 'i', size)};
let place = ${placeOn({ size, after }, 'row')};
var total = ${to.get('place')} + ${added.get(placeOn(from, 'i'))};
while (next < ${count}) {
total = total + ${added.get(placeOn(from, 'next'))};
next = -1 - ${linked.get('next')};
}
${to.set('place', 'total')}`
  return [
    ...checkRange('scatterAdd', indices, [-size, size], null, context),
    ...copied(x, out, context),
    ...linking.forEach([count], ['i'], link),
    ...adding.forEach([before, count, after], LINE, add),
  ]
}

/** x with updates[a, i, b] added at [a, indices[a, i, b], b], line by line in the order of i. */
export const scatterAddAlongAxis: NamedKernel<AxisAttrs> = (
  { inputs: [x, indices, updates], outputs: [out], attrs },
  context,
) => {
  const { before, size, after } = aroundAxis(x.shape, attrs.axis)
  const count = indices.shape[attrs.axis]
  const shader = context.shader()
  const to = shader.of(out)
  const body = `for (var i = 0; i < ${count}; i++) {
let source = ${placeOn({ size: count, after }, 'i')};
let row = ${rowAt(shader.of(indices), 'source', size)};
let place = ${placeOn({ size, after }, 'row')};
${to.set('place', `${to.get('place')} + ${shader.of(updates).get('source')}`)}
}`
  return [
    ...checkRange('scatterAddAlongAxis', indices, [-size, size], null, context),
    ...copied(x, out, context),
    ...shader.forEach([before, after], ['a', 'b'], body),
  ]
}
