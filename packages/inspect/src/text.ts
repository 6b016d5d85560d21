/** Numbers and tables as text. */

const SCALES = ['', 'k', 'M', 'G', 'T', 'P']

/** Three digits and a letter: 1234567 is `1.23 M`. */
export function scaled(value: number, unit = ''): string {
  // Of what is shown: 999,999 is 1.00 M.
  const rounded = Number(value.toPrecision(3)) || 1
  const power = Math.min(SCALES.length - 1, Math.max(0, Math.floor(Math.log10(rounded) / 3)))
  const digits = value / 1000 ** power
  const text = Number.isInteger(digits) ? String(digits) : digits.toPrecision(3)
  return `${text} ${SCALES[power]}${unit}`.trimEnd()
}

export const bytesText = (byteLength: number): string => scaled(byteLength, 'B')
/** Milliseconds, to a microsecond where they are few. */
export const msText = (ms: number): string => `${ms.toFixed(ms < 10 ? 3 : 1)} ms`
export const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

/** Columns below one another; those of numbers are aligned at their ends. */
export function table(rows: readonly (readonly string[])[], numbers: readonly number[] = []): string {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (numbers.includes(i) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd()
  return rows.map(line).join('\n')
}

export const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** Plain data that prints as a text: `String(x)`, templates and Node's console give it; JSON and clones have the data
 * alone. */
export function withText<T extends object>(data: T, textOf: (data: T) => string): T & { toString(): string } {
  const toString = { value: () => textOf(data), enumerable: false }
  return Object.defineProperties(data, { toString, [Symbol.for('nodejs.util.inspect.custom')]: toString })
}
