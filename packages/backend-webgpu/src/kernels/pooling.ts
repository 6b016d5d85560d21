import { sizeOf } from '@gradloom/core'
import type { NamedKernel } from './context.ts'
import { forEachIndex } from './simple.ts'
import { named, placeIn } from './text.ts'

/** One entry per spatial axis. */
interface Windows {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
}

const minus = (n: number): string => (n < 0 ? `+ ${-n}` : `- ${n}`)

/** Nested loops over windows; `outside` is what happens to elements in the padding. */
const taps = (size: readonly number[], { kernel, stride, padding, dilation }: Windows, body: string): string =>
  kernel.reduceRight(
    (inside, k, d) => `for (var k${d} = 0; k${d} < ${k}; k${d}++) {
let s${d} = p${d} * ${stride[d]} + k${d} * ${dilation[d]} ${minus(padding[d][0])};
if (s${d} < 0 || s${d} >= ${size[d]}) { continue; }
${inside}
}`,
    body,
  )

/** The largest element of each window and its place in it; the first of equals, NaN before all, never the padding. */
export const maxPool: NamedKernel<Windows> = ({ label, inputs: [x], outputs: [y, place], attrs }, context) => {
  const [images, channels, ...out] = y.shape
  const size = x.shape.slice(2)
  const rank = out.length
  const planes = images * channels
  const shader = context.shader()
  const read = shader.array(context.place(x.buffer), x.dtype)
  const write = shader.array(context.place(y.buffer), y.dtype)
  const writePlace = shader.array(context.place(place.buffer), place.dtype)
  const p = named('p', rank)
  const take = `let v = ${read.get(placeIn([planes, ...size], ['plane', ...named('s', rank)]))};
if (at < 0 || (!f_isNaN(best) && (f_isNaN(v) || f_lt(best, v)))) {
best = v;
at = ${placeIn(attrs.kernel, named('k', rank))};
}`
  const to = placeIn([planes, ...out], ['plane', ...p])
  const body = `var best = -f_inf();
var at = -1;
${taps(size, attrs, take)}
${write.set(to, 'best')}
${writePlace.set(to, 'max(at, 0)')}`
  return forEachIndex(context, shader, label, [planes, ...out], ['plane', ...p], body)
}

/** Adds each cotangent to the element at `place` of its window: an element asks the windows that it lies in, in their
 * order. */
export const maxPoolGradient: NamedKernel<Windows> = ({ label, inputs: [place, g], outputs: [dx], attrs }, context) => {
  const { kernel, stride, padding, dilation } = attrs
  const [images, channels, ...size] = dx.shape
  const out = g.shape.slice(2)
  const rank = out.length
  const planes = images * channels
  const shader = context.shader()
  const places = shader.array(context.place(place.buffer), place.dtype)
  const read = shader.array(context.place(g.buffer), g.dtype)
  const write = shader.array(context.place(dx.buffer), dx.dtype)
  const s = named('s', rank)
  const take = `let source = ${placeIn([planes, ...out], ['plane', ...named('p', rank)])};
if (${places.get('source')} == ${placeIn(kernel, named('k', rank))}) { sum += ${read.get('source')}; }`
  // Later elements of a window are those of earlier windows.
  const windows = kernel.reduceRight(
    (inside, k, d) => `for (var k${d} = ${k - 1}; k${d} >= 0; k${d}--) {
let t${d} = s${d} - k${d} * ${dilation[d]} ${minus(-padding[d][0])};
if (t${d} < 0 || t${d} % ${stride[d]} != 0 || t${d} >= ${out[d] * stride[d]}) { continue; }
let p${d} = t${d} / ${stride[d]};
${inside}
}`,
    take,
  )
  // Where windows do not overlap, an element lies in one at most.
  const isApart = kernel.every((k, d) => dilation[d] === 1 && k <= stride[d])
  const only = `${kernel
    .map(
      (_, d) => `let t${d} = s${d} ${minus(-padding[d][0])};
let p${d} = t${d} / ${stride[d]};
let k${d} = t${d} % ${stride[d]};`,
    )
    .join('\n')}
if (${kernel.map((k, d) => `p${d} < ${out[d]} && k${d} < ${k}`).join(' && ')}) {
${take}
}`
  const body = `var sum = 0.0;
${isApart ? only : windows}
${write.set(placeIn([planes, ...size], ['plane', ...s]), 'sum')}`
  return forEachIndex(context, shader, label, [planes, ...size], ['plane', ...s], body)
}

/** The mean of each window, padding counted as zeros. */
export const avgPool: NamedKernel<Windows> = ({ label, inputs: [x], outputs: [y], attrs }, context) => {
  const [images, channels, ...out] = y.shape
  const size = x.shape.slice(2)
  const rank = out.length
  const planes = images * channels
  const shader = context.shader()
  const read = shader.array(context.place(x.buffer), x.dtype)
  const write = shader.array(context.place(y.buffer), y.dtype)
  const p = named('p', rank)
  const add = `sum += ${read.get(placeIn([planes, ...size], ['plane', ...named('s', rank)]))};`
  const body = `var sum = 0.0;
${taps(size, attrs, add)}
${write.set(placeIn([planes, ...out], ['plane', ...p]), `sum / ${sizeOf(attrs.kernel)}.0`)}`
  return forEachIndex(context, shader, label, [planes, ...out], ['plane', ...p], body)
}
