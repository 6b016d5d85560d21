import { accumulator, declared } from '../loop/accumulator.ts'
import type { ArrayAccess } from '../wgsl/shader.ts'
import { aroundAxis, placeOn, type AxisAttrs } from './axis.ts'
import type { NamedKernel } from './context.ts'

/** Lines up to here go to one invocation each. */
const SHORT = 512

/** Running sums, in which floats keep what rounding lost, or products. Long lines go in pieces: what each comes to,
 * what comes before each, and then all of them at once. */
const cumulative =
  (kind: 'sum' | 'prod'): NamedKernel<AxisAttrs> =>
  ({ inputs: [x], outputs: [out], attrs }, context) => {
    const line = aroundAxis(x.shape, attrs.axis)
    const { before, size, after } = line
    const { state, take, result } = accumulator(kind, x.dtype, 'total')
    const length = Math.max(1, size <= SHORT ? size : Math.ceil(Math.sqrt(size)))
    const pieces = Math.ceil(size / length)
    const totals = pieces === 1 ? null : { buffer: context.scratch(4 * before * pieces * after), dtype: x.dtype }
    const sizes = [before, pieces, after]
    const names = ['a', 'c', 'b']
    const place = placeOn({ size: pieces, after }, 'c')
    const piece = (read: ArrayAccess, then: string): string =>
      `for (var i = c * ${length}; i < min((c + 1) * ${length}, ${size}); i++) {
${take(read.get(placeOn(line, 'i')), '')}
${then}
}`
    const whole = context.shader()
    const all = (start: string): string => `${declared(state)}
${start}
${piece(whole.of(x), whole.of(out).set(placeOn(line, 'i'), result))}`
    if (!totals) return whole.forEach(sizes, names, all(''))
    const adding = context.shader()
    const add = `${declared(state)}
${piece(adding.of(x), '')}
${adding.of(totals).set(place, result)}`
    const joining = context.shader()
    const joined = joining.of(totals)
    const join = `${declared(state)}
for (var c = 0; c < ${pieces}; c++) {
let own = ${joined.get(place)};
${joined.set(place, result)}
${take('own', '')}
}`
    return [
      ...adding.forEach(sizes, names, add),
      ...joining.forEach([before, after], ['a', 'b'], join),
      ...whole.forEach(sizes, names, all(take(whole.of(totals).get(place), ''))),
    ]
  }

export const cumsum: NamedKernel<AxisAttrs> = /* @__PURE__ */ cumulative('sum')

export const cumprod: NamedKernel<AxisAttrs> = /* @__PURE__ */ cumulative('prod')
