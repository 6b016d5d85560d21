import { hostArray } from '@gradloom/core'
import type { HostArray } from '@gradloom/core'
import { asBytes, decodeText } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { csvRows } from './csv-rows.ts'
import { refuse } from './refuse.ts'
import { toNumeric } from './to-numeric.ts'
import type { NumericDType } from './to-numeric.ts'

export interface CsvOptions {
  /** Whether the first line names the columns. Left out: true. Otherwise they are named '0', '1' and so on. */
  readonly header?: boolean
  /** One of , ; : | or a tab. Left out: a comma. */
  readonly delimiter?: string
}

export interface CsvDecodeOptions extends CsvOptions {
  /** Of the columns. Left out: float32. */
  readonly dtype?: NumericDType
  /** The columns to read, in this order. Left out: all. */
  readonly columns?: readonly string[]
  /** Columns of text: the texts that they may hold. Such a column becomes int32, the place of its text in the list. */
  readonly labels?: Readonly<Record<string, readonly string[]>>
}

/**
 * Reads numeric columns of CSV text, each as an array of shape [rows].
 *
 * Cells are decimal numbers, `nan` or `inf` (any case, with a sign); an empty cell is NaN.
 * @throws FormatError, naming record and column, for other text, records of differing lengths, or names given twice;
 * DTypeError for a value that int32 can't hold
 * @see https://www.rfc-editor.org/rfc/rfc4180
 * @example
 * decodeCsv('x,kind\n1.5,cat\n2,dog', { labels: { kind: ['cat', 'dog'] } }).get('kind')?.array() // [0, 1]
 */
export function decodeCsv(source: string | Bytes, options: CsvDecodeOptions = {}): Map<string, HostArray> {
  const { header = true, delimiter = ',', dtype = 'float32', labels = {} } = options
  const text = typeof source === 'string' ? source : decodeText(asBytes(source), 'CSV')
  const rows = [...csvRows(text.replace(/^\uFEFF/, ''), delimiter)]
  const [first = []] = rows
  const names = header ? first : first.map((_, i) => `${i}`)
  if (header) rows.shift()
  if (!names.length || new Set(names).size < names.length) refuse('CSV', 'columns of different names', names)
  rows.forEach((row, i) => {
    if (row.length !== names.length) refuse(`CSV: record ${i + 1}`, `${names.length} cells`, row)
  })
  return new Map(
    (options.columns ?? names).map((name) => {
      const column = names.indexOf(name)
      if (column < 0) refuse('CSV', `column ${name}`, names)
      const texts = Object.hasOwn(labels, name) ? labels[name] : undefined
      const values = rows.map((row, i) => {
        const cell = row[column]
        const value = texts ? texts.indexOf(cell) : parseNumber(cell.trim())
        if (value === undefined || (texts && value < 0))
          refuse(`CSV: record ${i + 1}, column ${name}`, `${texts ?? 'a number'}`, cell)
        return value
      })
      return [name, hostArray(toNumeric(values, texts ? 'int32' : dtype, `CSV: column ${name}`, 1))]
    }),
  )
}

/** Undefined for text that is no decimal number, also for hexadecimal, octal and binary ones, which `Number` knows. */
function parseNumber(cell: string): number | undefined {
  if (/^([+-]?nan)?$/i.test(cell)) return NaN
  const value = Number(cell.replace(/inf(inity)?$/i, 'Infinity'))
  return Number.isNaN(value) || /[box]/i.test(cell) ? undefined : value
}
