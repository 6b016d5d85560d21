import { sizeOf } from '@gradloom/core'
import { threadsOf } from '../device/limits.ts'
import { unravel } from '../loop/emit.ts'
import type { Dispatch } from '../run/dispatch.ts'
import type { NamedKernel } from './context.ts'
import { forEachIndex } from './simple.ts'
import { each, loops, named, placeIn } from './text.ts'

/** One entry per spatial axis. */
export interface ConvolutionAttrs {
  readonly stride: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
  readonly inputDilation: readonly number[]
  readonly groups: number
}

/** Output channels of an invocation: an element of the input is read once for all of them. */
const CHANNELS = 4
/** Invocations that share a long sum of the weight gradient, and from how many terms on. */
const SHARED = 64
const LONG = 512

const block = (channels: number): number => [4, 3, 2].find((n) => n <= CHANNELS && channels % n === 0) ?? 1

/** Statements that find the input's index `s` along axis d at output `p`, kernel element `k`, or go on with the next.
 * */
function inputIndex(d: number, size: number, { stride, padding, dilation, inputDilation }: ConvolutionAttrs): string {
  const at = `p${d} * ${stride[d]} + k${d} * ${dilation[d]} - ${padding[d][0]}`.replace('- -', '+ ')
  const e = inputDilation[d]
  if (e === 1) return `let s${d} = ${at};\nif (s${d} < 0 || s${d} >= ${size}) { continue; }`
  return `let t${d} = ${at};
if (t${d} < 0 || t${d} % ${e} != 0 || t${d} >= ${size * e}) { continue; }
let s${d} = t${d} / ${e};`
}

/** Nested loops over a kernel, innermost last, each of which skips what lies in the padding. */
const taps = (kernel: readonly number[], size: readonly number[], attrs: ConvolutionAttrs, body: string): string =>
  kernel.reduceRight(
    (inside, k, d) => `for (var k${d} = 0; k${d} < ${k}; k${d}++) {\n${inputIndex(d, size[d], attrs)}\n${inside}\n}`,
    body,
  )

/** y[n, o, p] = sum over c, k of x[n, c, p stride + k dilation - before] w[o, c, k], x dilated and padded with zeros.
 * */
export const convolution: NamedKernel<ConvolutionAttrs> = ({ label, inputs: [x, w], outputs: [y], attrs }, context) => {
  const [images, outputs, ...out] = y.shape
  const [, channels, ...size] = x.shape
  const [, perGroup, ...kernel] = w.shape
  const { groups } = attrs
  const together = block(outputs / groups)
  const rank = out.length
  const shader = context.shader()
  const read = shader.array(context.place(x.buffer), x.dtype)
  const weight = shader.array(context.place(w.buffer), w.dtype)
  const write = shader.array(context.place(y.buffer), y.dtype)
  const s = named('s', rank)
  const k = named('k', rank)
  const p = named('p', rank)
  const group = outputs / groups
  const product = `let v = ${read.get(placeIn([images, channels, ...size], ['image', 'channel', ...s]))};
${each(together, (j) => `part${j} += v * ${weight.get(placeIn(w.shape, [`(first + ${j})`, 'c', ...k]))};`)}`
  const body = `let first = o * ${together};
let base = (first / ${Math.max(1, group)}) * ${perGroup};
${each(together, (j) => `var sum${j} = 0.0;`)}
for (var c = 0; c < ${perGroup}; c++) {
let channel = base + c;
${each(together, (j) => `var part${j} = 0.0;`)}
${taps(kernel, size, attrs, product)}
${each(together, (j) => `sum${j} += part${j};`)}
}
${each(together, (j) => write.set(placeIn(y.shape, ['image', `(first + ${j})`, ...p]), `sum${j}`))}`
  const sizes = [images, outputs / together, ...out]
  return forEachIndex(context, shader, label, sizes, ['image', 'o', ...p], body)
}

/** dw[o, c, k] = sum over n, p of g[n, o, p] x[n, c, p stride + k dilation - before]. */
export const convolutionWeightGradient: NamedKernel<ConvolutionAttrs> = (
  { label, inputs: [x, g], outputs: [dw], attrs },
  context,
): Dispatch[] => {
  const [images, channels, ...size] = x.shape
  const [, outputs, ...out] = g.shape
  const [, perGroup, ...kernel] = dw.shape
  const together = block(outputs / attrs.groups)
  const group = Math.max(1, outputs / attrs.groups)
  const rank = out.length
  const s = named('s', rank)
  const k = named('k', rank)
  const p = named('p', rank)
  const shader = context.shader()
  const read = shader.array(context.place(x.buffer), x.dtype)
  const cotangent = shader.array(context.place(g.buffer), g.dtype)
  const write = shader.array(context.place(dw.buffer), dw.dtype)
  const sizes = [outputs / together, perGroup, ...kernel]
  const names = ['o', 'c', ...k]
  const count = sizeOf(sizes)
  const terms = images * sizeOf(out)
  const product = `let v = ${read.get(placeIn([images, channels, ...size], ['image', 'channel', ...s]))};
${each(together, (j) => `part${j} += v * ${cotangent.get(placeIn(g.shape, ['image', `(first + ${j})`, ...p]))};`)}`
  const inside = `${out.map((_, d) => inputIndex(d, size[d], attrs)).join('\n')}\n${product}`
  const start = `let first = o * ${together};\nlet channel = (first / ${group}) * ${perGroup} + c;`
  const result = (j: number, value: string): string =>
    write.set(placeIn(dw.shape, [`(first + ${j})`, 'c', ...k]), value)
  const threads = threadsOf(context.limits, SHARED)
  if (terms < LONG || threads < 2) {
    const body = `${start}
${each(together, (j) => `var sum${j} = 0.0;`)}
for (var image = 0; image < ${images}; image++) {
${each(together, (j) => `var part${j} = 0.0;`)}
${loops(out, p, inside)}
${each(together, (j) => `sum${j} += part${j};`)}
}
${each(together, (j) => result(j, `sum${j}`))}`
    return forEachIndex(context, shader, label, sizes, names, body)
  }
  if (count === 0) return []
  const declarations = each(together, (j) => `var<workgroup> w${j}: array<f32, ${threads}>;`)
  const body = `${unravel('group', sizes, (d) => names[d])}
${start}
${each(together, (j) => `var part${j} = 0.0;`)}
for (var at = lane; at < ${terms}u; at += ${threads}u) {
${unravel('at', [images, ...out], (d) => ['image', ...p][d])}
${inside}
}
${each(together, (j) => `w${j}[lane] = part${j};`)}
workgroupBarrier();
for (var step = ${threads / 2}u; step > 0u; step = step >> 1u) {
if (lane < step) {
${each(together, (j) => `w${j}[lane] += w${j}[lane + step];`)}
}
workgroupBarrier();
}
if (lane == 0u) {
${each(together, (j) => result(j, `w${j}[0]`))}
}`
  return [shader.finish({ label, declarations, body, threads, workgroups: count })]
}
