import { contiguous, sizeOf } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import type { NamedKernel } from './context.ts'
import { forEachIndex } from './simple.ts'
import { addParts } from './parts.ts'
import { each, named, placeIn } from './text.ts'
import { wholeTileOf } from './tile.ts'

/** Beyond, adding the parts up costs more than it saves. */
const MOST_PARTS = 64
/** Elements of a kernel's row that are written out instead of looped over. */
const WRITTEN = 5

/** One entry per spatial axis. */
export interface ConvolutionAttrs {
  readonly stride: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
  readonly inputDilation: readonly number[]
  readonly groups: number
}

/** The index of an input along axis d, `s` with `tag`, for output `p` and kernel element `k`, and whether it is there:
 * not in the padding, nor between dilated elements. */
function inputAt(
  d: number,
  size: number,
  { stride, padding, dilation, inputDilation }: ConvolutionAttrs,
  p: string,
  k: string,
  tag: string,
): string {
  const e = inputDilation[d]
  return `let t${tag} = ${p} * ${stride[d]} + ${k} * ${dilation[d]} - (${padding[d][0]});
let s${tag} = ${e === 1 ? `t${tag}` : `t${tag} / ${e}`};
let in${tag} = t${tag} >= 0 && s${tag} < ${size}${e === 1 ? '' : ` && t${tag} % ${e} == 0`};`
}

/** The index of the input at `offset` from index `t` along the last axis, and whether it is there. */
function neighbour(offset: number, size: number, e: number): { index: string; isThere: string } {
  const at = offset ? `(t + ${offset})` : 't'
  // A negative one is large as an unsigned number.
  if (e === 1) return { index: at, isThere: `u32(${at}) < ${size}u` }
  return { index: `${at} / ${e}`, isThere: `u32(${at}) < ${size * e}u && ${at} % ${e} == 0` }
}

/** Lines behind the last are the last again, and not written. */
const within = (first: string, i: number, size: number, tile: number): string =>
  size % tile === 0 ? `(${first} + ${i})` : `min(${first} + ${i}, ${size - 1})`
const guarded = (first: string, i: number, size: number, tile: number, statement: string): string =>
  size % tile === 0 || i === 0 ? statement : `if (${first} + ${i} < ${size}) { ${statement} }`

/** y[n, o, p] = sum over c, k of x[n, c, p stride + k dilation - before] w[o, c, k], x dilated and padded with zeros.
 * An invocation computes a tile of output channels and neighbours along the last axis. */
export const convolution: NamedKernel<ConvolutionAttrs> = ({ label, inputs: [x, w], outputs: [y], attrs }, context) => {
  const [images, outputs, ...out] = y.shape
  const [, channels, ...size] = x.shape
  const [, perGroup, ...kernel] = w.shape
  const { groups } = attrs
  const group = Math.max(1, outputs / groups)
  const last = out.length - 1
  const width = out[last]
  const shape = { batch: (sizeOf(y.shape) / group / width) | 0, m: group, n: width, k: perGroup * sizeOf(kernel) }
  const { rows, columns } = wholeTileOf(shape, context.tuning)
  const shader = context.shader()
  const read = shader.array(context.place(x.buffer), x.dtype)
  const weight = shader.array(context.place(w.buffer), w.dtype)
  const write = shader.array(context.place(y.buffer), y.dtype)
  const k = named('k', out.length)
  const p = named('p', last)
  const outer = named('s', last)
  const inputs = [images, channels, ...size]
  const perOutput = perGroup * sizeOf(kernel)
  // Neighbours share inputs where a short row of the kernel is written out.
  const isWritten = kernel[last] <= WRITTEN
  const elements = isWritten ? Array.from({ length: kernel[last] }, (_, i) => i) : [0]
  const offsetOf = (i: number, element: number): number => i * attrs.stride[last] + element * attrs.dilation[last]
  const offsets = new Set(elements.flatMap((e) => Array.from({ length: columns }, (_, i) => offsetOf(i, e))))
  const product = `${[...offsets]
    .map((offset) => {
      const { index, isThere } = neighbour(offset, size[last], attrs.inputDilation[last])
      return `let v${offset} = select(0.0, ${read.get(`source + ${index}`)}, ${isThere});`
    })
    .join('\n')}
${elements
  .map(
    (e) => `${each(rows, (j) => `let w${j}_${e} = ${weight.get(`o${j} + tap + ${isWritten ? e : k[last]}`)};`)}
${each(rows, (j) => each(columns, (i) => `part${j}${i} += w${j}_${e} * v${offsetOf(i, e)};`))}`,
  )
  .join('\n')}`
  const first = `start * ${attrs.stride[last]} - (${attrs.padding[last][0]})`
  const alongRow = `let source = ${placeIn(inputs, ['image', 'channel', ...outer, '0'])};
let tap = ${placeIn([perGroup, ...kernel], ['c', ...k.slice(0, last), '0'])};
${
  isWritten
    ? `let t = ${first};\n${product}`
    : `for (var k${last} = 0; k${last} < ${kernel[last]}; k${last}++) {
let t = ${first} + k${last} * ${attrs.dilation[last]};
${product}
}`
}`
  const taps = kernel.slice(0, last).reduceRight((inside, count, d) => {
    const skip = `${inputAt(d, size[d], attrs, p[d], k[d], `${d}`)}\nif (!in${d}) { continue; }`
    return `for (var k${d} = 0; k${d} < ${count}; k${d}++) {\n${skip}\n${inside}\n}`
  }, alongRow)
  const all = (statement: (name: string) => string): string =>
    each(rows, (j) => each(columns, (i) => statement(`${j}${i}`)))
  const body = `let line = tile * ${rows};
let base = cluster * ${group};
let start = block * ${columns};
${each(rows, (j) => `let o${j} = (base + ${within('line', j, group, rows)}) * ${perOutput};`)}
${all((t) => `var sum${t} = 0.0;`)}
for (var c = 0; c < ${perGroup}; c++) {
let channel = cluster * ${perGroup} + c;
${all((t) => `var part${t} = 0.0;`)}
${taps}
${all((t) => `sum${t} += part${t};`)}
}
${each(rows, (j) =>
  each(columns, (i) => {
    const at = placeIn(y.shape, ['image', `(base + line + ${j})`, ...p, `(start + ${i})`])
    return guarded('line', j, group, rows, guarded('start', i, width, columns, write.set(at, `sum${j}${i}`)))
  }),
)}`
  const sizes = [images, groups, Math.ceil(group / rows), ...out.slice(0, -1), Math.ceil(width / columns)]
  return forEachIndex(context, shader, label, sizes, ['image', 'cluster', 'tile', ...p, 'block'], body)
}

/**
 * dw[o, c, k] = sum over n, p of g[n, o, p] x[n, c, p stride + k dilation - before]. An invocation computes a tile of
 * output channels and of weights of each. Images and lines of the first axis are cut into parts where there is too
 * little to do otherwise, which a second kernel adds up in order.
 */
export const convolutionWeightGradient: NamedKernel<ConvolutionAttrs> = (
  { label, inputs: [x, g], outputs: [dw], attrs },
  context,
): Dispatch[] => {
  const [images, channels, ...size] = x.shape
  const [, outputs, ...out] = g.shape
  const [, perGroup, ...kernel] = dw.shape
  const { groups } = attrs
  const group = Math.max(1, outputs / groups)
  const weights = perGroup * sizeOf(kernel)
  const results = sizeOf(dw.shape)
  if (results === 0) return []
  const { rows, columns } = wholeTileOf({ batch: groups, m: group, n: weights, k: sizeOf(out) }, context.tuning)
  const lines = images * out[0]
  const tiles = groups * Math.ceil(group / rows) * Math.ceil(weights / columns)
  const wanted = Math.max(1, Math.min(MOST_PARTS, lines, Math.ceil(context.tuning.invocations / tiles)))
  const linesPerPart = Math.max(1, Math.ceil(lines / wanted))
  const parts = Math.max(1, Math.ceil(lines / linesPerPart))
  const target = parts > 1 ? context.scratch(4 * results * parts) : context.place(dw.buffer)

  const rank = out.length
  const shader = context.shader()
  const read = shader.array(context.place(x.buffer), x.dtype)
  const cotangent = shader.array(context.place(g.buffer), g.dtype)
  const write = shader.array(target, dw.dtype)
  const p = named('p', rank)
  const inputs = [images, channels, ...size]
  const axes = Array.from({ length: rank }, (_, d) => d)
  const all = (statement: (name: string) => string): string =>
    each(rows, (j) => each(columns, (i) => statement(`${j}${i}`)))
  /** The channel and kernel element of each weight. */
  const weightAt = (i: number): string => {
    const names = [`c${i}`, ...axes.map((d) => `k${i}_${d}`)]
    return `let q${i} = u32(${within('column', i, weights, columns)});
${dividedBy(`q${i}`, [perGroup, ...kernel], names)}
let channel${i} = cluster * ${perGroup} + c${i};`
  }
  /** Where the input of each weight lies along axis d, and whether it is there along it and those before. */
  const along = (d: number): string =>
    each(columns, (i) => {
      const tag = `${i}_${d}`
      const there = d === 0 ? `in${tag}` : `there${i}_${d - 1} && in${tag}`
      return `${inputAt(d, size[d], attrs, p[d], `k${tag}`, tag)}\nlet there${tag} = ${there};`
    })
  const product = `${each(rows, (j) => {
    const channel = `(base + ${within('line', j, group, rows)})`
    return `let g${j} = ${cotangent.get(placeIn(g.shape, ['image', channel, ...p]))};`
  })}
${each(columns, (i) => {
  const value = read.get(placeIn(inputs, ['image', `channel${i}`, ...axes.map((d) => `s${i}_${d}`)]))
  return `let v${i} = select(0.0, ${value}, there${i}_${rank - 1});`
})}
${all((t) => `part${t} += g${t[0]} * v${t[1]};`)}`
  const inside = axes.slice(1).reduceRight((text, d) => {
    return `for (var p${d} = 0; p${d} < ${out[d]}; p${d}++) {\n${along(d)}\n${text}\n}`
  }, product)
  const body = `let line = tile * ${rows};
let base = cluster * ${group};
let column = block * ${columns};
${each(columns, weightAt)}
${all((t) => `var sum${t} = 0.0;`)}
for (var at = portion * ${linesPerPart}; at < min((portion + 1) * ${linesPerPart}, ${lines}); at++) {
let image = at / ${Math.max(1, out[0])};
let p0 = at % ${Math.max(1, out[0])};
${all((t) => `var part${t} = 0.0;`)}
${along(0)}
${inside}
${all((t) => `sum${t} += part${t};`)}
}
let to = portion * ${results} + (base + line) * ${weights} + column;
${each(rows, (j) =>
  each(columns, (i) => {
    const set = write.set(`to + ${j * weights + i}`, `sum${j}${i}`)
    return guarded('line', j, group, rows, guarded('column', i, weights, columns, set))
  }),
)}`
  const sizes = [parts, groups, Math.ceil(group / rows), Math.ceil(weights / columns)]
  const own = forEachIndex(context, shader, label, sizes, ['portion', 'cluster', 'tile', 'block'], body)
  return parts > 1
    ? [...own, ...addParts(context, label, target, context.place(dw.buffer), dw.dtype, results, parts)]
    : own
}

/** Statements that cut the u32 `at` into indices of `sizes`. */
function dividedBy(at: string, sizes: readonly number[], names: readonly string[]): string {
  const strides = contiguous(sizes)
  return names.map((n, d) => `let ${n} = i32(${at} / ${strides[d]}u % ${sizes[d]}u);`).join('\n')
}
