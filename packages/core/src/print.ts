import { range, sizeOf, type Shape } from './shape.ts'

/** About so many elements of an array are printed, from the ends of each axis. */
const ELEMENTS = 100

/** Lets Node's console print what `toString` gives. */
export function printable(prototype: object): void {
  Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), { value: prototype.toString })
}

/** The values of an array as text, rows in brackets; of a long axis its two ends.
 * @param element the element at a row-major position */
export function printed([count, ...inner]: Shape, element: (at: number) => number | boolean, at = 0, edge = 0): string {
  if (count === undefined) return shown(element(at))
  const end = edge || Math.max(1, Math.floor(ELEMENTS ** (1 / (inner.length + 1)) / 2))
  const isLong = count > 2 * end
  const rows = range(isLong ? 2 * end : count).map((i) =>
    printed(inner, element, at + (isLong && i >= end ? count - 2 * end + i : i) * sizeOf(inner), end),
  )
  if (isLong) rows.splice(end, 0, '...')
  return `[${rows.join(', ')}]`
}

/** Fractions in six digits. */
const shown = (x: number | boolean): string =>
  String(typeof x === 'boolean' || Number.isInteger(x) ? x : Number(x.toPrecision(6)))
