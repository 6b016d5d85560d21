import { sizeOf } from '@gradloom/core'
import type { Call, NamedKernel } from './context.ts'
import { forTile, inputAt, neighbour, within, type ConvolutionAttrs } from './geometry.ts'
import { poolingText, type Windows } from './pooling.ts'
import { resultText } from './result.ts'
import { each, named, placeIn, sum } from '../wgsl/text.ts'
import { PART, sharesOf, wholeTileOf } from './tile.ts'

/** Elements of a kernel's row that are written out instead of looped over. */
const WRITTEN = 5

/** y[n, o, p] = sum over c, k of x[n, c, p stride + k dilation - before] w[o, c, k], x dilated and padded with zeros,
 * which are multiplied as others are. An invocation computes a tile of output channels and neighbours along the last
 * axis. */
export const convolution: NamedKernel<ConvolutionAttrs> = ({ inputs: [x, w], outputs: [y], attrs }, context) => {
  const [images, outputs, ...out] = y.shape
  const [, channels, ...size] = x.shape
  const [, perGroup, ...kernel] = w.shape
  const { groups } = attrs
  const group = Math.max(1, outputs / groups)
  const last = out.length - 1
  const width = out[last]
  const perOutput = perGroup * sizeOf(kernel)
  const shape = { batch: (sizeOf(y.shape) / group / width) | 0, m: group, n: width, k: perOutput }
  // A tile has whole windows of what is pooled, whose lines it computes one after another.
  const pool = context.pooling as Call<Windows> | null
  const [lines, across] = pool?.attrs.kernel ?? [1, 1]
  const shares = sharesOf(width, context.tuning).map((share) => Math.ceil(share / across) * across)
  const { rows, columns } = wholeTileOf(shape, context.tuning, shares)
  const shader = context.shader()
  const read = shader.of(x)
  const weight = shader.of(w)
  const k = named('k', out.length)
  const p = named('p', last)
  const outer = named('s', last)
  const inputs = [images, channels, ...size]
  // Neighbours share inputs where a short row of the kernel is written out.
  const isWritten = kernel[last] <= WRITTEN
  const elements = isWritten ? Array.from({ length: kernel[last] }, (_, i) => i) : [0]
  const offsetOf = (i: number, element: number): number => i * attrs.stride[last] + element * attrs.dilation[last]
  const offsets = new Set(elements.flatMap((e) => Array.from({ length: columns }, (_, i) => offsetOf(i, e))))
  const isRowThere = outer.map((_, d) => `in${d} & `).join('')
  const loads = [...offsets].map((offset) => {
    const { index, isThere } = neighbour(offset, size[last], attrs.inputDilation[last])
    return `let v${offset} = select(0.0, ${read.get(`source + ${index}`)}, ${isRowThere}${isThere});`
  })
  // A row's weights are loaded where they are used, so that few values wait at a time.
  const products = each(rows, (j) => {
    const weights = elements.map((e) => `let w${j}_${e} = ${weight.get(`o${j} + tap + ${isWritten ? e : k[last]}`)};`)
    const terms = (i: number): string => sum(elements.map((e) => `w${j}_${e} * v${offsetOf(i, e)}`))
    return `${weights.join('\n')}\n${each(columns, (i) => `part${j}_${i} += ${terms(i)};`)}`
  })
  const product = [...loads, products].join('\n')
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
  const taps = kernel
    .slice(0, last)
    .reduceRight(
      (inside, count, d) =>
        `for (var k${d} = 0; k${d} < ${count}; k${d}++) {\n${inputAt(d, size[d], attrs, p[d], k[d], `${d}`)}\n` +
        `${inside}\n}`,
      alongRow,
    )
  // Channels of a partial sum.
  const together = Math.max(1, Math.floor(PART / Math.max(1, sizeOf(kernel))))
  const body = `let line = tile * ${rows};
let base = cluster * ${group};
let start = block * ${columns};
${each(rows, (j) => `let o${j} = (base + ${within('line', j, group, rows)}) * ${perOutput};`)}
${pool ? `for (var p0 = strip * ${lines}; p0 < min((strip + 1) * ${lines}, ${out[0]}); p0++) {` : ''}
${forTile(rows, columns, (t) => `var sum${t} = 0.0;`)}
for (var portion = 0; portion < ${perGroup}; portion += ${together}) {
${forTile(rows, columns, (t) => `var part${t} = 0.0;`)}
for (var c = portion; c < min(portion + ${together}, ${perGroup}); c++) {
let channel = cluster * ${perGroup} + c;
${taps}
}
${forTile(rows, columns, (t) => `sum${t} += part${t};`)}
}
let to = ${placeIn(y.shape, ['image', '(base + line)', ...p, 'start'])};
${resultText(y, shader, context, {
  rows: { count: rows, stride: sizeOf(out), first: 'line', size: group },
  columns: { count: columns, stride: 1, first: 'start', size: width },
})}
${pool ? `}\n${poolingText(pool, shader, { rows, columns, group })}` : ''}`
  const positions = pool ? [Math.ceil(out[0] / lines)] : out.slice(0, -1)
  const sizes = [images, groups, Math.ceil(group / rows), ...positions, Math.ceil(width / columns)]
  const names = ['image', 'cluster', 'tile', ...(pool ? ['strip'] : p), 'block']
  return shader.forEach(sizes, names, body)
}
