import { sizeOf } from '@gradloom/core'
import { unravel } from '../loop/emit.ts'
import type { ArrayAccess, Shader } from '../wgsl/shader.ts'
import type { Call, KernelContext, NamedKernel } from './context.ts'
import { forEachIndex } from './simple.ts'
import { loops, named, placeIn } from './text.ts'

/** One entry per spatial axis. */
export interface Windows {
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

/** Whether windows lie side by side, and none in the padding. */
export const isSideBySide = ({ kernel, stride, padding, dilation }: Windows): boolean =>
  kernel.every((k, d) => k === stride[d] && dilation[d] === 1 && padding[d][0] === 0 && padding[d][1] === 0)

/** Statements that take element `v` of a window. */
const taken = (value: string, kernel: readonly number[]): string => `let v = ${value};
if (at < 0 || (!f_isNaN(best) && (f_isNaN(v) || f_lt(best, v)))) {
best = v;
at = ${placeIn(kernel, named('k', kernel.length))};
}`

/** Statements that pool the tile of results that an invocation has written: lines of `columns` elements from `start` on
 * of the output channels from `line` on, at the position `strip` of windows. */
export function poolingText(
  { inputs: [x], outputs: [y, place], attrs }: Call<Windows>,
  context: KernelContext,
  shader: Shader,
  { rows, columns, group }: { readonly rows: number; readonly columns: number; readonly group: number },
): string {
  const [down, across] = y.shape.slice(2)
  const { kernel } = attrs
  const read = shader.array(context.place(x.buffer), x.dtype)
  const write = shader.array(context.place(y.buffer), y.dtype)
  const writePlace = shader.array(context.place(place.buffer), place.dtype)
  const source = placeIn(x.shape, ['image', 'plane', `(strip * ${kernel[0]} + k0)`, `(p1 * ${kernel[1]} + k1)`])
  const to = placeIn(y.shape, ['image', 'plane', 'strip', 'p1'])
  const window = `var best = -f_inf();
var at = -1;
${loops(kernel, ['k0', 'k1'], taken(read.get(source), kernel))}
${write.set(to, 'best')}
${writePlace.set(to, 'max(at, 0)')}`
  return `if (strip < ${down}) {
for (var i = 0; i < min(${rows}, ${group} - line); i++) {
let plane = base + line + i;
for (var p1 = start / ${kernel[1]}; p1 < min((start + ${columns}) / ${kernel[1]}, ${across}); p1++) {
${window}
}
}
}`
}

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
  const take = taken(read.get(placeIn([planes, ...size], ['plane', ...named('s', rank)])), attrs.kernel)
  const to = placeIn([planes, ...out], ['plane', ...p])
  const body = `var best = -f_inf();
var at = -1;
${taps(size, attrs, take)}
${write.set(to, 'best')}
${writePlace.set(to, 'max(at, 0)')}`
  return forEachIndex(context, shader, label, [planes, ...out], ['plane', ...p], body)
}

/** Adds each cotangent to the element at `place` of its window. */
export const maxPoolGradient: NamedKernel<Windows> = (call, context) => {
  const [dx] = call.outputs
  const shader = context.shader()
  const { sizes, names, text } = gradientText(call, context, shader)
  const write = shader.array(context.place(dx.buffer), dx.dtype)
  const body = `${text}\n${write.set(placeIn(sizes, names), 'sum')}`
  return forEachIndex(context, shader, call.label, sizes, names, body)
}

/** That gradient as what a loop reads, computed where it is needed. */
export function maxPoolGradientRead(
  call: Call<Windows>,
  context: KernelContext,
  shader: Shader,
): { readonly array: ArrayAccess; readonly declarations: string } {
  const { sizes, names, text } = gradientText(call, context, shader)
  const get = (index: string): string => `pooled(${index})`
  return {
    array: { get, wide: get, set: () => '' },
    declarations: `fn pooled(at: i32) -> f32 {
${unravel('u32(at)', sizes, (d) => names[d])}
${text}
return sum;
}`,
  }
}

/** Statements that give an element's cotangent as `sum`: it asks the windows that it lies in, in their order. */
function gradientText(
  { inputs: [place, g], outputs: [dx], attrs }: Call<Windows>,
  context: KernelContext,
  shader: Shader,
): { readonly sizes: readonly number[]; readonly names: readonly string[]; readonly text: string } {
  const { kernel, stride, padding, dilation } = attrs
  const [images, channels, ...size] = dx.shape
  const out = g.shape.slice(2)
  const rank = out.length
  const planes = images * channels
  const places = shader.array(context.place(place.buffer), place.dtype)
  const read = shader.array(context.place(g.buffer), g.dtype)
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
  const text = `var sum = 0.0;\n${isApart ? only : windows}`
  return { sizes: [planes, ...size], names: ['plane', ...s], text }
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
