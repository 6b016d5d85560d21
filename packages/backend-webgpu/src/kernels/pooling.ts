import { sizeOf } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import type { ArrayAccess, Shader } from '../wgsl/shader.ts'
import type { Call, KernelContext, NamedKernel } from './context.ts'
import { loops, named, placeIn, unravel } from '../wgsl/text.ts'

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

/** Statements that give the largest element of a window, and its place there, to `to`: the first of equals, NaN before
 * all, never the padding. `over` does a statement for each element, `value`. */
const largest = (
  { outputs: [y, place], attrs: { kernel } }: Call<Windows>,
  shader: Shader,
  value: string,
  to: string,
  over: (take: string) => string,
): string => `var best = -f_inf();
var at = -1;
${over(`let v = ${value};
if (at < 0 || (!f_isNaN(best) && (f_isNaN(v) || f_lt(best, v)))) {
best = v;
at = ${placeIn(kernel, named('k', kernel.length))};
}`)}
${shader.of(y).set(to, 'best')}
${shader.of(place).set(to, 'max(at, 0)')}`

/** Statements that pool the tile of results that an invocation has written: lines of `columns` elements from `start` on
 * of the output channels from `line` on, at the position `strip` of windows. */
export function poolingText(
  call: Call<Windows>,
  shader: Shader,
  { rows, columns, group }: { readonly rows: number; readonly columns: number; readonly group: number },
): string {
  const {
    inputs: [x],
    outputs: [y],
    attrs: { kernel },
  } = call
  const [down, across] = y.shape.slice(2)
  const source = placeIn(x.shape, ['image', 'plane', `(strip * ${kernel[0]} + k0)`, `(p1 * ${kernel[1]} + k1)`])
  const to = placeIn(y.shape, ['image', 'plane', 'strip', 'p1'])
  return `if (strip < ${down}) {
for (var i = 0; i < min(${rows}, ${group} - line); i++) {
let plane = base + line + i;
for (var p1 = start / ${kernel[1]}; p1 < min((start + ${columns}) / ${kernel[1]}, ${across}); p1++) {
${largest(call, shader, shader.of(x).get(source), to, (take) => loops(kernel, ['k0', 'k1'], take))}
}
}
}`
}

/** A kernel of windows: `text` has statements for each, of an element, of where the result goes, and of what does a
 * statement for each element. */
const forWindows =
  (text: (call: Call<Windows>, ...own: [Shader, string, string, (take: string) => string]) => string) =>
  (call: Call<Windows>, context: KernelContext): Dispatch[] => {
    const {
      inputs: [x],
      outputs: [y],
      attrs,
    } = call
    const [images, channels, ...out] = y.shape
    const size = x.shape.slice(2)
    const sizes = [images * channels, ...out]
    const names = ['plane', ...named('p', out.length)]
    const shader = context.shader()
    const element = shader.of(x).get(placeIn([sizes[0], ...size], ['plane', ...named('s', out.length)]))
    const body = text(call, shader, element, placeIn(sizes, names), (take) => taps(size, attrs, take))
    return shader.forEach(sizes, names, body)
  }

export const maxPool: NamedKernel<Windows> = /* @__PURE__ */ forWindows(largest)

/** The mean of each window, padding counted as zeros. */
export const avgPool: NamedKernel<Windows> = /* @__PURE__ */ forWindows(
  ({ outputs: [y], attrs }, shader, value, to, over) => `var sum = 0.0;
${over(`sum += ${value};`)}
${shader.of(y).set(to, `sum / ${sizeOf(attrs.kernel)}.0`)}`,
)

/** Adds each cotangent to the element at `place` of its window. */
export const maxPoolGradient: NamedKernel<Windows> = (call, context) => {
  const [dx] = call.outputs
  const shader = context.shader()
  const { sizes, names, text } = gradientText(call, shader)
  const write = shader.of(dx)
  const body = `${text}\n${write.set(placeIn(sizes, names), 'sum')}`
  return shader.forEach(sizes, names, body)
}

/** That gradient as what a loop reads, computed where it is needed. */
export function maxPoolGradientRead(
  call: Call<Windows>,
  shader: Shader,
): { readonly array: ArrayAccess; readonly declarations: string } {
  const { sizes, names, text } = gradientText(call, shader)
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
  shader: Shader,
): { readonly sizes: readonly number[]; readonly names: readonly string[]; readonly text: string } {
  const { kernel, stride, padding, dilation } = attrs
  const [images, channels, ...size] = dx.shape
  const out = g.shape.slice(2)
  const rank = out.length
  const planes = images * channels
  const places = shader.of(place)
  const read = shader.of(g)
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
