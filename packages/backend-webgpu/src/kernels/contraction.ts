import { contiguous, sizeOf, type Contraction, type Operand, type StepInfo } from '@gradloom/core'
import { threadsOf } from '../device/limits.ts'
import { unravel } from '../loop/emit.ts'
import type { Dispatch } from '../run/dispatch.ts'
import type { Epilogue } from '../run/epilogues.ts'
import type { Place } from '../run/place.ts'
import { typeOf } from '../wgsl/numbers.ts'
import type { ArrayAccess } from '../wgsl/shader.ts'
import type { KernelContext } from './context.ts'
import { epilogueText } from './epilogue.ts'
import { each, sum, times } from './text.ts'

/** Invocations of a workgroup. */
const THREADS = 64
/** Results of an invocation in each direction: a tile in registers, which reads each element once for several
 * products. */
const TILE = 4
/** Terms of a partial sum: rounding errors of a long sum grow with the number of terms, those of parts do not. */
const PART = 128

/** Whether four neighbours along a direction of stride 1 can be loaded at once, wherever the other indices are. */
const isWide = ({ offset, batch }: Operand, other: number, size: number, { base, byteLength }: Place): boolean =>
  base === null && byteLength % 16 === 0 && [offset, ...batch, other, size].every((n) => n % 4 === 0)

/** How a tile reads an operand: one element a row (or column) and term, four terms at once, or four rows at once. */
type Reading = 'single' | 'terms' | 'lines'

function readingOf(operand: Operand, line: number, term: number, lines: number, terms: number, place: Place): Reading {
  if (term === 1 && isWide(operand, line, terms, place)) return 'terms'
  return line === 1 && lines >= TILE && isWide(operand, term, lines, place) ? 'lines' : 'single'
}

/** A batched product of matrices: every invocation computes a tile of the result in registers. Operands are read where
 * they lie, by their strides, as vectors where these allow it. A loop over the results is done on the tile. */
export function contractionDispatches(
  step: Contraction & StepInfo,
  context: KernelContext,
  epilogue: Epilogue | null,
): Dispatch[] {
  const { dtype, batch, m, n, k, a, b, out } = step
  if (sizeOf(batch) * m * n === 0) return []
  const rows = Math.min(TILE, m)
  const columns = Math.min(TILE, n)
  const down = Math.ceil(m / rows)
  const across = Math.ceil(n / columns)
  const count = sizeOf(batch) * down * across
  const isFloat = dtype === 'float32'
  const readA = isFloat ? readingOf(a, a.row, a.column, m, k, context.place(a.buffer)) : 'single'
  const readB = isFloat ? readingOf(b, b.column, b.row, n, k, context.place(b.buffer)) : 'single'
  const shader = context.shader()
  const left = shader.array(context.place(a.buffer), dtype, readA !== 'single')
  const right = shader.array(context.place(b.buffer), dtype, readB !== 'single')
  const type = typeOf(dtype)
  const name = (d: number): string => (d === 0 ? 'tileRow' : d === 1 ? 'tileColumn' : `batch${d - 2}`)
  // Neighbours go along the columns of the result: they share elements of a, and write side by side.
  const order = [...batch.map((_, d) => name(d + 2)), name(0), name(1)]
  const start = ({ offset, batch: strides }: Operand): string =>
    sum([`${offset}`, ...strides.flatMap((s, d) => times(name(d + 2), s))])
  const batchStrides = contiguous([...batch, m * n]).slice(0, -1)
  const outStart = sum(['0', ...batchStrides.flatMap((s, d) => times(name(d + 2), s))])
  // Lines behind the last are the last again, and not written.
  const line = (i: number, first: string, size: number, tile: number): string =>
    size % tile === 0 ? `${first} + ${i}` : `min(${first} + ${i}, ${size - 1})`
  const starts = (x: 'a' | 'b', operand: Operand, stride: number, size: number, tile: number): string =>
    each(tile, (i) => {
      const at = times(`(${line(i, x === 'a' ? 'row' : 'column', size, tile)})`, stride)
      return `let ${x}${i} = ${sum([start(operand), ...at])};`
    })
  /** Statements that give the elements of term k + t as `x` or `y` with the number of their line. */
  const load = (x: 'a' | 'b', t: number, from: ArrayAccess, stride: number, reading: Reading, tile: number): string => {
    const to = x === 'a' ? 'x' : 'y'
    const term = times(t ? `(k + ${t})` : 'k', stride)
    if (reading === 'terms') return each(tile, (i) => `let ${to}${t}${i} = ${to}${i}[${t}];`)
    if (reading === 'single') return each(tile, (i) => `let ${to}${t}${i} = ${from.get(sum([`${x}${i}`, ...term]))};`)
    return `let ${to}${t} = ${from.wide(sum([`${x}0`, ...term]))};
${each(tile, (i) => `let ${to}${t}${i} = ${to}${t}[${i}];`)}`
  }
  const usesTerms = readA === 'terms' || readB === 'terms'
  const together = usesTerms ? 4 : 1
  const terms = (x: 'a' | 'b', from: ArrayAccess, reading: Reading, tile: number): string =>
    reading === 'terms' ? each(tile, (i) => `let ${x === 'a' ? 'x' : 'y'}${i} = ${from.wide(`${x}${i} + k`)};`) : ''
  const multiply = (t: number): string => `${load('a', t, left, a.column, readA, rows)}
${load('b', t, right, b.row, readB, columns)}
${each(rows, (i) => each(columns, (j) => `p${i}${j} += x${t}${i} * y${t}${j};`))}`
  const body = `if (thread >= ${count}u) { return; }
${unravel('thread', [...batch, down, across], (d) => order[d])}
let row = tileRow * ${rows};
let column = tileColumn * ${columns};
${starts('a', a, a.row, m, rows)}
${starts('b', b, b.column, n, columns)}
${each(rows, (i) => each(columns, (j) => `var s${i}${j} = ${type}(0);`))}
for (var part = 0; part < ${k}; part += ${PART}) {
${each(rows, (i) => each(columns, (j) => `var p${i}${j} = ${type}(0);`))}
for (var k = part; k < min(part + ${PART}, ${k}); k += ${together}) {
${terms('a', left, readA, rows)}
${terms('b', right, readB, columns)}
${each(together, multiply)}
}
${each(rows, (i) => each(columns, (j) => `s${i}${j} += p${i}${j};`))}
}
let to = ${outStart} + row * ${n} + column;
${epilogue ? onTile(rows, columns, step, epilogueText(epilogue, step, shader, context)) : written()}`

  function written(): string {
    const result = shader.array(context.place(out), dtype)
    return each(rows, (i) =>
      each(columns, (j) => {
        const inside = [
          ...(m % rows === 0 || i === 0 ? [] : [`row + ${i} < ${m}`]),
          ...(n % columns === 0 || j === 0 ? [] : [`column + ${j} < ${n}`]),
        ]
        const write = result.set(`to + ${i * n + j}`, `s${i}${j}`)
        return inside.length ? `if (${inside.join(' && ')}) { ${write} }` : write
      }),
    )
  }
  const label = epilogue ? `${step.label}+${epilogue.loop.label}` : step.label
  const threads = threadsOf(context.limits, THREADS)
  return [shader.finish({ label, body, threads, workgroups: Math.ceil(count / threads) })]
}

/** The elements of a tile one after another: `element` is the position in the result, `value` the sum. */
function onTile(rows: number, columns: number, { m, n, dtype }: Contraction, text: string): string {
  const names = Array.from({ length: rows * columns }, (_, i) => `s${Math.floor(i / columns)}${i % columns}`)
  return `var tile = array<${typeOf(dtype)}, ${names.length}>(${names.join(', ')});
for (var i = 0; i < ${rows}; i++) {
for (var j = 0; j < ${columns}; j++) {
if (row + i >= ${m} || column + j >= ${n}) { continue; }
let element = to + i * ${n} + j;
let value = tile[i * ${columns} + j];
${text}
}
}`
}
