import type { KernelArgument } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import { literal, typeOf } from '../wgsl/numbers.ts'
import { aroundAxis, type AxisAttrs } from './axis.ts'
import type { KernelContext, NamedKernel } from './context.ts'
import { forEachIndex } from './simple.ts'

/** Lines up to here go to one invocation each. */
const SHORT = 512

/** A running result: variables, a statement that takes `x`, and what it is. */
interface Running {
  readonly start: (value: string) => string
  readonly take: string
  readonly result: string
}

/** Floats are summed with what rounding lost, so that the last of a long line is as exact as the first. */
const sums = (isFloat: boolean, type: string): Running =>
  isFloat
    ? {
        start: (value) => `var total = ${value}; var lost = 0.0;`,
        take:
          'let t = total + x; ' + 'lost += select((x - t) + total, (total - t) + x, abs(total) >= abs(x)); total = t;',
        result: 'select(total, total + lost, f_isFinite(total))',
      }
    : { start: (value) => `var total: ${type} = ${value};`, take: 'total = total + x;', result: 'total' }
const products = (type: string): Running => ({
  start: (value) => `var total: ${type} = ${value};`,
  take: 'total = total * x;',
  result: 'total',
})

function scan(
  label: string,
  x: KernelArgument,
  out: KernelArgument,
  axis: number,
  { start, take, result }: Running,
  neutral: number,
  context: KernelContext,
): Dispatch[] {
  const { before, size, after } = aroundAxis(x.shape, axis)
  const none = literal(neutral, x.dtype)
  const line = (i: string): string => `(a * ${size} + ${i}) * ${after} + b`
  const running = (shader: ReturnType<KernelContext['shader']>, from: string, to: string, first: string): string => {
    const read = shader.array(context.place(x.buffer), x.dtype)
    const write = shader.array(context.place(out.buffer), out.dtype)
    return `${start(first)}
for (var i = ${from}; i < ${to}; i++) {
let x = ${read.get(line('i'))};
${take}
${write.set(line('i'), result)}
}`
  }
  const whole = context.shader()
  if (size <= SHORT)
    return forEachIndex(context, whole, label, [before, after], ['a', 'b'], running(whole, '0', `${size}`, none))
  // Long lines in pieces: what each comes to, what comes before each, and then all of them at once.
  const length = Math.ceil(Math.sqrt(size))
  const pieces = Math.ceil(size / length)
  const totals = context.scratch(4 * before * pieces * after)
  const place = (c: string): string => `(a * ${pieces} + ${c}) * ${after} + b`
  const adding = context.shader()
  const read = adding.array(context.place(x.buffer), x.dtype)
  const total = adding.array(totals, x.dtype)
  const add = `${start(none)}
for (var i = c * ${length}; i < min(c * ${length} + ${length}, ${size}); i++) {
let x = ${read.get(line('i'))};
${take}
}
${total.set(place('c'), result)}`
  const joining = context.shader()
  const joined = joining.array(totals, x.dtype)
  const join = `${start(none)}
for (var c = 0; c < ${pieces}; c++) {
let x = ${joined.get(place('c'))};
${joined.set(place('c'), result)}
${take}
}`
  const before0 = whole.array(totals, x.dtype)
  const rest = running(whole, `c * ${length}`, `min(c * ${length} + ${length}, ${size})`, before0.get(place('c')))
  return [
    ...forEachIndex(context, adding, label, [before, pieces, after], ['a', 'c', 'b'], add),
    ...forEachIndex(context, joining, label, [before, after], ['a', 'b'], join),
    ...forEachIndex(context, whole, label, [before, pieces, after], ['a', 'c', 'b'], rest),
  ]
}

export const cumsum: NamedKernel<AxisAttrs> = ({ label, inputs: [x], outputs: [out], attrs }, context) =>
  scan(label, x, out, attrs.axis, sums(x.dtype === 'float32', typeOf(x.dtype)), 0, context)

export const cumprod: NamedKernel<AxisAttrs> = ({ label, inputs: [x], outputs: [out], attrs }, context) =>
  scan(label, x, out, attrs.axis, products(typeOf(x.dtype)), 1, context)
