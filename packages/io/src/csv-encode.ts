import type { CsvOptions } from './csv-decode.ts'
import { entriesOf } from './named.ts'
import type { NamedArrays } from './named.ts'
import { refuse } from './refuse.ts'

/**
 * Writes arrays of one length and shape [rows] as columns, with digits that read back as the same values.
 * @throws FormatError for other shapes, float16, or columns of differing lengths
 * @example
 * encodeCsv({ x: hostArray(new Float32Array([0.1, 2])) }) // 'x\n0.1\n2\n'
 */
export function encodeCsv(columns: NamedArrays, { header = true, delimiter = ',' }: CsvOptions = {}): string {
  const entries = entriesOf(columns)
  const rowCount = entries[0]?.[1].shape[0] ?? 0
  for (const [name, { shape, dtype, data }] of entries)
    if (shape.length !== 1 || shape[0] !== rowCount || data.length !== rowCount || dtype === 'float16')
      refuse(`CSV: column ${name}`, `shape [${rowCount}] and no float16`, [dtype, shape])
  const line = (cells: string[]): string => `${cells.map(quoted).join(delimiter)}\n`
  let text = header ? line(entries.map(([name]) => name)) : ''
  for (let row = 0; row < rowCount; row++)
    text += line(entries.map(([, { data, dtype }]) => format(data[row], dtype === 'float32' ? [6, 7, 8, 9] : [])))
  return text
}

/** A cell in quotes where it holds what a reader could take for structure. */
const quoted = (cell: string): string =>
  /^$|^\s|\s$|[",;:|\t\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell

/** The value with the fewest of the given digits that a float32 can be told by. */
function format(value: number, digits: readonly number[]): string {
  if (Object.is(value, -0)) return '-0'
  const rounded = digits.map((count) => Number(value.toPrecision(count)))
  return String(rounded.find((short) => Math.fround(short) === value) ?? value)
}
