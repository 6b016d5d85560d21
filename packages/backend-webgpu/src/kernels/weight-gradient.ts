import { contiguous, sizeOf } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import type { NamedKernel } from './context.ts'
import { forTile, indicesOf, inputAt, neighbour, within, type ConvolutionAttrs } from './geometry.ts'
import { addParts, resultText, tileText, type ResultTile } from './result.ts'
import { each, named, placeIn, sum } from '../wgsl/text.ts'
import { cheapest, PART, PARTS, sidesFor } from './tile.ts'
import type { Tuning } from './tuning.ts'

/** Elements of a kernel up to which one invocation takes them all, and of a row of larger ones. */
const TAPS = 16
const ROW = 5
/** Neighbours along a line that are loaded together. */
const NEIGHBOURS = [8, 7, 6, 5, 4]

/** How the sum is cut: output channels of an invocation, and parts of the images and lines. */
interface Cut {
  readonly rows: number
  readonly parts: number
}

/**
 * The cut of least cost, by the model of products: an invocation with r output channels and t weights of each makes r t
 * products of r and about two numbers a row of the kernel.
 */
function cutOf(group: number, others: number, taps: number, rowsOfTaps: number, lines: number, tuning: Tuning): Cut {
  const { invocations, load, dispatch, side } = tuning
  const most = PARTS.filter((count) => count <= Math.max(1, lines))
  const cuts = sidesFor(group, side).flatMap((rows) => most.map((parts): Cut => ({ rows, parts })))
  return cheapest(cuts, ({ rows, parts }) => {
    const tiles = others * Math.ceil(group / rows)
    const second = parts === 1 ? 0 : Math.max(others * taps * group, invocations) * (parts + 1) * load + dispatch
    const work = (rows * taps + load * (rows + 2 * rowsOfTaps)) * Math.ceil(lines / parts)
    return Math.max(tiles * parts, invocations) * work + second
  })
}

/** dw[o, c, k] = sum over n, p of g[n, o, p] x[n, c, p stride + k dilation - before]. An invocation computes a tile of
 * output channels and of the kernel's elements, for one input channel. Images and lines are cut into parts where there
 * is too little to do otherwise, which a second kernel adds up in order. */
export const convolutionWeightGradient: NamedKernel<ConvolutionAttrs> = (
  { inputs: [x, g], outputs: [dw], attrs },
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
  const last = out.length - 1
  const width = out[last]
  const isWhole = sizeOf(kernel) <= TAPS
  const row = isWhole ? kernel[last] : Math.min(ROW, kernel[last])
  /** Positions of rows of the kernel; of a large one a variable. */
  const leads: readonly (readonly (string | number)[])[] = isWhole
    ? indicesOf(kernel.slice(0, last))
    : [named('k', last)]
  const taps = leads.length * row
  const lines = images * sizeOf(out.slice(0, last))
  const others = (groups * weights) / taps
  const { rows, parts: wanted } = cutOf(group, others, taps, leads.length, lines * width, context.tuning)
  const linesPerPart = Math.max(1, Math.ceil(lines / wanted))
  const parts = Math.max(1, Math.ceil(lines / linesPerPart))

  const shader = context.shader()
  const read = shader.of(x)
  const cotangent = shader.of(g)
  const p = named('p', last)
  const inputs = [images, channels, ...size]
  const offsetOf = (u: number, element: number): number => u * attrs.stride[last] + element * attrs.dilation[last]
  /** What neighbours along a line add. */
  const neighbours = (count: number): string => {
    const us = Array.from({ length: count }, (_, u) => u)
    const elements = Array.from({ length: row }, (_, e) => e)
    const offsets = [...new Set(us.flatMap((u) => elements.map((e) => offsetOf(u, e))))]
    const loads = leads.flatMap((_, l) =>
      offsets.map((offset) => {
        const { index, isThere } = neighbour(offset, size[last], attrs.inputDilation[last])
        return `let v${l}_${offset} = select(0.0, ${read.get(`source${l} + ${index}`)}, there${l} & ${isThere});`
      }),
    )
    const terms = (j: number, l: number, e: number): string =>
      sum(us.map((u) => `g${j}_${u} * v${l}_${offsetOf(u, e)}`))
    const begin = `at${last} * ${attrs.stride[last]} - (${attrs.padding[last][0]})`
    return `let t = ${begin}${isWhole ? '' : ` + tap * ${attrs.dilation[last]}`};
${loads.join('\n')}
${each(
  rows,
  (j) => `${each(count, (u) => `let g${j}_${u} = ${cotangent.get(`g${j} + at${last} + ${u}`)};`)}
${each(taps, (i) => `part${j}_${i} += ${terms(j, Math.floor(i / row), i % row)};`)}`,
)}`
  }
  const count = NEIGHBOURS.find((n) => width % n === 0) ?? Math.min(4, width)
  const even = width - (width % count)
  const along = (from: number, to: number, step: number): string =>
    from < to ? `for (var at${last} = ${from}; at${last} < ${to}; at${last} += ${step}) {\n${neighbours(step)}\n}` : ''
  const rowStarts = leads.map((lead, l) => {
    const places = lead.map((at, d) => inputAt(d, size[d], attrs, p[d], at, `${l}_${d}`))
    const isThere = lead.map((_, d) => `in${l}_${d}`).join(' & ') || 'true'
    const source = placeIn(inputs, ['image', 'channel', ...lead.map((_, d) => `s${l}_${d}`), '0'])
    return `${places.join('\n')}\nlet there${l} = ${isThere};\nlet source${l} = ${source};`
  })
  const strides = contiguous([images, ...out.slice(0, last)])
  // Lines of a partial sum.
  const together = Math.max(1, Math.floor(PART / Math.max(1, width)))
  const body = `let line = tile * ${rows};
let base = cluster * ${group};
let channel = cluster * ${perGroup} + c;
${isWhole ? '' : `let tap = column * ${row};`}
let end = min((portion + 1) * ${linesPerPart}, ${lines});
${forTile(rows, taps, (t) => `var sum${t} = 0.0;`)}
for (var begin = portion * ${linesPerPart}; begin < end; begin += ${together}) {
${forTile(rows, taps, (t) => `var part${t} = 0.0;`)}
for (var at = begin; at < min(begin + ${together}, end); at++) {
let image = at / ${strides[0]};
${p.map((name, d) => `let ${name} = at / ${strides[d + 1]} % ${out[d]};`).join('\n')}
${rowStarts.join('\n')}
${each(rows, (j) => {
  const output = `(base + ${within('line', j, group, rows)})`
  return `let g${j} = ${placeIn(g.shape, ['image', output, ...p, '0'])};`
})}
${along(0, even, count)}
${along(even, width, 1)}
}
${forTile(rows, taps, (t) => `sum${t} += part${t};`)}
}
`
  const inKernel = isWhole ? '' : ` + ${placeIn(kernel, [...named('k', last), 'tap'])}`
  const first = `(base + line) * ${weights} + c * ${sizeOf(kernel)}${inKernel}`
  const tile: ResultTile = {
    rows: { count: rows, stride: weights, first: 'line', size: group },
    columns: isWhole
      ? { count: taps, stride: 1, first: '0', size: taps }
      : { count: taps, stride: 1, first: 'tap', size: kernel[last] },
  }
  const more = isWhole ? [] : [...kernel.slice(0, last), Math.ceil(kernel[last] / row)]
  const sizes = [parts, groups, Math.ceil(group / rows), perGroup, ...more]
  const names = ['portion', 'cluster', 'tile', 'c', ...(isWhole ? [] : [...named('k', last), 'column'])]
  if (parts === 1) {
    const text = `let to = ${first};\n${resultText(dw, shader, context, tile)}`
    return shader.forEach(sizes, names, body + text)
  }
  const partial = { buffer: context.scratch(4 * results * parts), dtype: dw.dtype }
  const text = `let to = portion * ${results} + ${first};\n${tileText(shader.of(partial), tile)}`
  return [...shader.forEach(sizes, names, body + text), ...addParts(0, dw, context, partial, parts)]
}
