import { sizeOf, type Operand } from '@gradloom/core'
import type { Dispatch } from '../run/dispatch.ts'
import type { BufferOf } from '../wgsl/shader.ts'
import { each, unravel } from '../wgsl/text.ts'
import { eachSide, loaded, placed, stored, TERMS, type Side } from './block-side.ts'
import type { KernelContext } from './context.ts'
import { readingOf, WIDE, type Lines } from './operand.ts'
import { productNames, productText, type Cut, type Product } from './product.ts'
import { PART, type Block } from './tile.ts'

/** Bytes of a workgroup's memory: of each term 4 lines more, so that those of two terms lie in different banks. */
const memoryOf = ({ rows, columns }: Block): number => 4 * TERMS * (rows + columns + 2 * WIDE)

/** Invocations of a workgroup. */
const threadsOf = ({ rows, columns, tall }: Block): number => (rows * columns) / (tall * WIDE)

/** A product whose workgroups take tiles of both operands to their memory, so that each element is read from there as
 * often as the other side of a tile is long. A lane has `tall` rows of 4 columns in registers.
 * @see V. Volkov and J. Demmel, "Benchmarking GPUs to tune dense linear algebra", 2008 */
export function blockedProduct(
  step: Product,
  context: KernelContext,
  block: Block,
  cut: Cut,
  partial: BufferOf | null,
): Dispatch[] {
  const { dtype, batch, m, n, k, a, b } = step
  const { rows, columns, tall } = block
  const { parts, terms } = cut
  const shader = context.shader()
  const sideOf = (
    operand: Operand,
    along: Omit<Lines, 'operand'>,
    memory: string,
    first: string,
    lane: number,
  ): Side => {
    const lines = { operand, ...along }
    const place = context.place(operand.buffer)
    const reading = readingOf(lines, k, place)
    return { ...lines, memory, first, lane, reading, array: shader.array(place, dtype, reading !== 'single') }
  }
  const left = sideOf(a, { line: a.row, term: a.column, size: m, tile: rows }, 'left', 'top', 0)
  const right = sideOf(b, { line: b.column, term: b.row, size: n, tile: columns }, 'right', 'start', rows)
  const sides = [left, right]
  const names = productNames(batch)
  const across = columns / WIDE
  const down = Math.ceil(m / rows)
  const over = Math.ceil(n / columns)
  const some = `for (var term = begin; term < end; term += ${TERMS}) {
${each(WIDE, (i) => `var v${i} = vec4<f32>();`)}
${eachSide(sides, (side) => loaded(side, k))}
workgroupBarrier();
${eachSide(sides, stored)}
workgroupBarrier();
${each(TERMS, (t) => `{ ${multiplied(t, block)} }`)}
}`
  const zeros = (name: string): string => each(tall, (i) => `var ${name}${i} = vec4<f32>();`)
  const isShort = terms <= PART
  const sums = isShort
    ? `let begin = first;\nlet end = last;\n${some}`
    : `${zeros('s')}
for (var begin = first; begin < last; begin += ${PART}) {
let end = min(begin + ${PART}, last);
${each(tall, (i) => `p${i} = vec4<f32>();`)}
${some}
${each(tall, (i) => `s${i} += p${i};`)}
}`
  const results = {
    rows: { count: tall, stride: n, first: 'row', size: m },
    columns: { count: WIDE, stride: 1, first: 'column', size: n },
  }
  const isWhole = m % rows === 0 && n % columns === 0
  const write = productText(step, context, shader, results, partial)
  const body = `${unravel('group', [parts, ...batch, down, over], (d) => names.order[d])}
let top = tileRow * ${rows};
let start = tileColumn * ${columns};
let first = part * ${terms};
let last = ${cut.last};
var q = 0;
var t = 0;
${each(WIDE, (i) => `var from${i} = 0;`)}
${eachSide(sides, (side) => placed(side, names.batch))}
let x = i32(lane % ${across}u);
let y = i32(lane / ${across}u);
${zeros('p')}
${sums}
let row = top + y * ${tall};
let column = start + x * ${WIDE};
${isWhole ? '' : `if (row >= ${m} || column >= ${n}) { return; }`}
${each(tall, (i) => each(WIDE, (j) => `let sum${i}_${j} = ${isShort ? 'p' : 's'}${i}[${j}];`))}
${write}`
  const declarations = sides
    .map(({ memory, tile }) => `var<workgroup> ${memory}: array<vec4<f32>, ${TERMS * (tile / WIDE + 1)}>;`)
    .join('\n')
  const workgroups = parts * sizeOf(batch) * down * over
  return [shader.finish({ declarations, body, threads: threadsOf(block), workgroups, memory: memoryOf(block) })]
}

/** Whether a device has what the blocks need. */
export const isRoomFor = (block: Block, { limits }: KernelContext): boolean =>
  threadsOf(block) <= Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX) &&
  memoryOf(block) <= limits.maxComputeWorkgroupStorageSize

/** Statements that add the products of a term to a lane's sums. */
function multiplied(t: number, { rows, columns, tall }: Block): string {
  const strips = tall / WIDE
  return `let b = right[${t * (columns / WIDE + 1)} + x];
${each(strips, (g) => `let a${g} = left[${t * (rows / WIDE + 1)} + y * ${strips} + ${g}];`)}
${each(tall, (i) => `p${i} += a${Math.floor(i / WIDE)}[${i % WIDE}] * b;`)}`
}
