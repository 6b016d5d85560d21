import { sizeOf } from '@gradloom/core'
import { aroundAxis, type AxisAttrs } from './axis.ts'
import { checkRange, position } from './check.ts'
import type { NamedKernel } from './context.ts'
import { forEachIndex } from './simple.ts'

/** out[a, i, b] = x[a, indices[i], b]. */
export const take: NamedKernel<AxisAttrs> = ({ label, inputs: [x, indices], outputs: [out], attrs }, context) => {
  const { before, size, after } = aroundAxis(x.shape, attrs.axis)
  const count = sizeOf(indices.shape)
  const shader = context.shader()
  const from = shader.array(context.place(x.buffer), x.dtype)
  const at = shader.array(context.place(indices.buffer), indices.dtype)
  const to = shader.array(context.place(out.buffer), out.dtype)
  const body = `let index = i32(${at.get('i')});
let row = ${position('index', size)};
${to.set(`(a * ${count} + i) * ${after} + b`, from.get(`(a * ${size} + row) * ${after} + b`))}`
  return [
    ...checkRange('take', indices, [-size, size], null, context),
    ...forEachIndex(context, shader, label, [before, count, after], ['a', 'i', 'b'], body),
  ]
}

/** out[a, i, b] = x[a, indices[a, i, b], b]. */
export const takeAlongAxis: NamedKernel<AxisAttrs> = (
  { label, inputs: [x, indices], outputs: [out], attrs },
  context,
) => {
  const { before, size, after } = aroundAxis(x.shape, attrs.axis)
  const { size: count } = aroundAxis(indices.shape, attrs.axis)
  const shader = context.shader()
  const from = shader.array(context.place(x.buffer), x.dtype)
  const at = shader.array(context.place(indices.buffer), indices.dtype)
  const to = shader.array(context.place(out.buffer), out.dtype)
  const body = `let place = (a * ${count} + i) * ${after} + b;
let index = i32(${at.get('place')});
let row = ${position('index', size)};
${to.set('place', from.get(`(a * ${size} + row) * ${after} + b`))}`
  return [
    ...checkRange('takeAlongAxis', indices, [-size, size], null, context),
    ...forEachIndex(context, shader, label, [before, count, after], ['a', 'i', 'b'], body),
  ]
}
