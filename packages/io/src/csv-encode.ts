import { hostArrays } from './array-like.ts'
import type { NamedArrays } from './array-like.ts'
import type { CsvOptions } from './csv-decode.ts'
import { checkDelimiter } from './csv-rows.ts'
import { refuse } from './refuse.ts'
import { settings } from '@gradloom/core/extend'

/**
 * Writes arrays of one length and shape [rows] as columns, with digits that read back as the same values.
 * @throws FormatError for other shapes, float16, columns of differing lengths, or 500 MB of text
 * @example
 * encodeCsv({ x: hostArray(new Float32Array([0.1, 2])) }) // 'x\n0.1\n2\n'
 */
export function encodeCsv(columns: NamedArrays, options: CsvOptions = {}): string {
  const { header, delimiter } = settings('CSV', options, { header: true, delimiter: ',' })
  checkDelimiter(delimiter)
  const entries = hostArrays(columns, 'CSV')
  const rowCount = entries[0]?.[1].shape[0] ?? 0
  for (const [name, { shape, dtype }] of entries)
    if (`${shape}` !== `${rowCount}` || dtype === 'float16')
      refuse(`CSV: column ${name}`, `shape [${rowCount}] and no float16`, [dtype, shape])
  const line = (cells: string[]): string => `${cells.map(quoted).join(delimiter)}\n`
  let text = header ? line(entries.map(([name]) => name)) : ''
  for (let row = 0; row < rowCount; row++) {
    text += line(entries.map(([, { data, dtype }]) => format(data[row], dtype === 'float32' ? [6, 7, 8, 9] : [])))
    if (text.length > maxTextLength) refuse('CSV', `text within ${maxTextLength} characters`, text.length)
  }
  return text
}

// V8 holds 2^29 - 24 characters in a string, and a row of 65,536 cells takes no more than 2 million.
const maxTextLength = 5e8

/** A cell in quotes where it holds what a reader could take for structure. */
const quoted = (cell: string): string =>
  /^$|^\s|\s$|[",;:|\t\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell

/** The value with the fewest of the given digits that a float32 can be told by. */
function format(value: number, digits: readonly number[]): string {
  if (Object.is(value, -0)) return '-0'
  const rounded = digits.map((count) => Number(value.toPrecision(count)))
  return String(rounded.find((short) => Math.fround(short) === value) ?? value)
}
