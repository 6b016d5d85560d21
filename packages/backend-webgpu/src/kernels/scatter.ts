import { sizeOf, type KernelArgument } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import { aroundAxis, type AxisAttrs } from './axis.ts'
import { checkRange, position } from './check.ts'
import type { KernelContext, NamedKernel } from './context.ts'
import { forEachIndex } from './simple.ts'

function copy(label: string, from: KernelArgument, to: KernelArgument, context: KernelContext): Dispatch[] {
  const shader = context.shader()
  const source = shader.array(context.place(from.buffer), from.dtype)
  const target = shader.array(context.place(to.buffer), to.dtype)
  return forEachIndex(context, shader, label, [sizeOf(to.shape)], ['i'], target.set('i', source.get('i')))
}

/**
 * x with updates[a, i, b] added at [a, indices[i], b], in the order of i, whatever runs at the same time: equal indices
 * are linked first, each to the next one, and the first of them then adds them all up.
 */
export const scatterAdd: NamedKernel<AxisAttrs> = (
  { label, inputs: [x, indices, updates], outputs: [out], attrs },
  context,
) => {
  const { before, size, after } = aroundAxis(x.shape, attrs.axis)
  const count = sizeOf(indices.shape)
  const links = context.scratch(4 * count)
  const linking = context.shader()
  const linkAt = linking.array(context.place(indices.buffer), indices.dtype)
  const linkTo = linking.array(links, 'int32')
  // A link is the next equal index, or `count` behind the last; those that are not the first are marked by -1 - link.
  const link = `let index = i32(${linkAt.get('i')});
let row = ${position('index', size)};
var next = ${count};
for (var j = i + 1; j < ${count}; j++) {
let other = i32(${linkAt.get('j')});
if (${position('other', size)} == row) { next = j; break; }
}
var isFirst = true;
for (var j = 0; j < i; j++) {
let other = i32(${linkAt.get('j')});
if (${position('other', size)} == row) { isFirst = false; break; }
}
${linkTo.set('i', 'select(-1 - next, next, isFirst)')}`

  const adding = context.shader()
  const at = adding.array(context.place(indices.buffer), indices.dtype)
  const linked = adding.array(links, 'int32')
  const added = adding.array(context.place(updates.buffer), updates.dtype)
  const to = adding.array(context.place(out.buffer), out.dtype)
  const add = `var next = ${linked.get('i')};
if (next < 0) { return; }
let index = i32(${at.get('i')});
let place = (a * ${size} + ${position('index', size)}) * ${after} + b;
var total = ${to.get('place')} + ${added.get(`(a * ${count} + i) * ${after} + b`)};
while (next < ${count}) {
total = total + ${added.get(`(a * ${count} + next) * ${after} + b`)};
next = -1 - ${linked.get('next')};
}
${to.set('place', 'total')}`
  return [
    ...checkRange('scatterAdd', indices, [-size, size], null, context),
    ...copy(label, x, out, context),
    ...forEachIndex(context, linking, label, [count], ['i'], link),
    ...forEachIndex(context, adding, label, [before, count, after], ['a', 'i', 'b'], add),
  ]
}

/** x with updates[a, i, b] added at [a, indices[a, i, b], b], line by line in the order of i. */
export const scatterAddAlongAxis: NamedKernel<AxisAttrs> = (
  { label, inputs: [x, indices, updates], outputs: [out], attrs },
  context,
) => {
  const { before, size, after } = aroundAxis(x.shape, attrs.axis)
  const { size: count } = aroundAxis(indices.shape, attrs.axis)
  const shader = context.shader()
  const at = shader.array(context.place(indices.buffer), indices.dtype)
  const added = shader.array(context.place(updates.buffer), updates.dtype)
  const to = shader.array(context.place(out.buffer), out.dtype)
  const body = `for (var i = 0; i < ${count}; i++) {
let source = (a * ${count} + i) * ${after} + b;
let index = i32(${at.get('source')});
let place = (a * ${size} + ${position('index', size)}) * ${after} + b;
${to.set('place', `${to.get('place')} + ${added.get('source')}`)}
}`
  return [
    ...checkRange('scatterAddAlongAxis', indices, [-size, size], null, context),
    ...copy(label, x, out, context),
    ...forEachIndex(context, shader, label, [before, after], ['a', 'b'], body),
  ]
}
