import { range, sizeOf, type Shape } from './shape.ts'

/** About so many elements of an array are printed, from the ends of each axis. */
const ELEMENTS = 100
/** What terminals have at least. */
const COLUMNS = 80

/** Lets Node's console print what `toString` gives. */
export function printable(prototype: object): void {
  Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), { value: prototype.toString })
}

/** The values of an array as text, rows in brackets; of a long axis its two ends. As NumPy has it, what is too wide for
 * a line has a line a row, its columns below one another.
 * @param element the element at a row-major position */
export function printed(shape: Shape, element: (at: number) => number | boolean): string {
  let width = 0
  const text = (at: number): string => {
    const one = shown(element(at))
    width = Math.max(width, one.length)
    return one
  }
  const line = rows(shape, text, () => ' ')
  if (line.length <= COLUMNS || shape.length < 2) return line
  const gap = (depth: number): string =>
    depth === shape.length ? ' ' : '\n'.repeat(shape.length - depth) + ' '.repeat(depth)
  return `\n${rows(shape, (at) => text(at).padStart(width), gap)}`
}

/** @param gap what is between parts within so many brackets, after the comma */
function rows(
  [count, ...inner]: Shape,
  text: (at: number) => string,
  gap: (depth: number) => string,
  at = 0,
  depth = 1,
  edge = Math.max(1, Math.floor(ELEMENTS ** (1 / (inner.length + 1)) / 2)),
): string {
  if (count === undefined) return text(at)
  const isLong = count > 2 * edge
  const parts = range(isLong ? 2 * edge : count).map((i) =>
    rows(inner, text, gap, at + (isLong && i >= edge ? count - 2 * edge + i : i) * sizeOf(inner), depth + 1, edge),
  )
  if (isLong) parts.splice(edge, 0, '...')
  return `[${parts.join(`,${gap(depth)}`)}]`
}

/** Fractions in six digits. */
const shown = (x: number | boolean): string =>
  String(typeof x === 'boolean' || Number.isInteger(x) ? x : Number(x.toPrecision(6)))
