import { contiguous, sizeOf, type Contraction, type Operand, type StepInfo } from '@gradloom/core'
import { threadsOf } from '../device/limits.ts'
import { unravel } from '../loop/emit.ts'
import type { Dispatch } from '../run/dispatch.ts'
import { typeOf } from '../wgsl/numbers.ts'
import type { KernelContext } from './context.ts'
import { each, sum, times } from './text.ts'

/** Invocations of a workgroup. */
const THREADS = 64
/** Results of an invocation in each direction: a tile in registers, which reads each element once for several
 * products. */
const TILE = 4
/** Terms of a partial sum: rounding errors of a long sum grow with the number of terms, those of parts do not. */
const PART = 128

/** A batched product of matrices: every invocation computes a tile of the result in registers. Operands are read where
 * they lie, by their strides. */
export function contractionDispatches(step: Contraction & StepInfo, context: KernelContext): Dispatch[] {
  const { dtype, batch, m, n, k, a, b, out, label } = step
  if (sizeOf(batch) * m * n === 0) return []
  const rows = Math.min(TILE, m)
  const columns = Math.min(TILE, n)
  const down = Math.ceil(m / rows)
  const across = Math.ceil(n / columns)
  const count = sizeOf(batch) * down * across
  const shader = context.shader()
  const left = shader.array(context.place(a.buffer), dtype)
  const right = shader.array(context.place(b.buffer), dtype)
  const result = shader.array(context.place(out), dtype)
  const type = typeOf(dtype)
  const name = (d: number): string => (d === 0 ? 'tileRow' : d === 1 ? 'tileColumn' : `batch${d - 2}`)
  // Neighbours go along the columns of the result: they share elements of a, and write side by side.
  const order = [...batch.map((_, d) => name(d + 2)), name(0), name(1)]
  const start = ({ offset, batch: strides }: Operand): string =>
    sum([`${offset}`, ...strides.flatMap((s, d) => times(name(d + 2), s))])
  const outStart = sum([
    '0',
    ...contiguous([...batch, m * n])
      .slice(0, -1)
      .flatMap((s, d) => times(name(d + 2), s)),
  ])
  // Rows behind the last are the last again, and not written.
  const clamp = (i: number, first: string, size: number, whole: boolean): string =>
    whole ? `${first} + ${i}` : `min(${first} + ${i}, ${size - 1})`
  const wholeRows = m % rows === 0
  const wholeColumns = n % columns === 0
  const body = `if (thread >= ${count}u) { return; }
${unravel('thread', [...batch, down, across], (d) => order[d])}
let row = tileRow * ${rows};
let column = tileColumn * ${columns};
${each(rows, (i) => `let a${i} = ${sum([start(a), ...times(`(${clamp(i, 'row', m, wholeRows)})`, a.row)])};`)}
${each(columns, (j) => `let b${j} = ${sum([start(b), ...times(`(${clamp(j, 'column', n, wholeColumns)})`, b.column)])};`)}
${each(rows, (i) => each(columns, (j) => `var s${i}${j} = ${type}(0);`))}
for (var part = 0; part < ${k}; part += ${PART}) {
${each(rows, (i) => each(columns, (j) => `var p${i}${j} = ${type}(0);`))}
for (var k = part; k < min(part + ${PART}, ${k}); k++) {
${each(rows, (i) => `let x${i} = ${left.get(sum([`a${i}`, ...times('k', a.column)]))};`)}
${each(columns, (j) => `let y${j} = ${right.get(sum([`b${j}`, ...times('k', b.row)]))};`)}
${each(rows, (i) => each(columns, (j) => `p${i}${j} += x${i} * y${j};`))}
}
${each(rows, (i) => each(columns, (j) => `s${i}${j} += p${i}${j};`))}
}
let to = ${outStart} + row * ${n} + column;
${each(rows, (i) =>
  each(columns, (j) => {
    const inside = [
      ...(wholeRows || i === 0 ? [] : [`row + ${i} < ${m}`]),
      ...(wholeColumns || j === 0 ? [] : [`column + ${j} < ${n}`]),
    ]
    const write = result.set(`to + ${i * n + j}`, `s${i}${j}`)
    return inside.length ? `if (${inside.join(' && ')}) { ${write} }` : write
  }),
)}`
  const threads = threadsOf(context.limits, THREADS)
  return [shader.finish({ label, body, threads, workgroups: Math.ceil(count / threads) })]
}
