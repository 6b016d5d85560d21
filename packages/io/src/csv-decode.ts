import { byteSize, hostArray } from '@gradloom/core'
import type { HostArray } from '@gradloom/core'
import { decodeText, encodeText } from './bytes.ts'
import type { Bytes } from './bytes.ts'
import { csvRows } from './csv-rows.ts'
import { openFile } from './open-file.ts'
import type { LimitOptions } from './open-file.ts'
import { refuse } from './refuse.ts'
import { toNumeric } from './to-numeric.ts'
import type { NumericDType } from './to-numeric.ts'

export interface CsvOptions {
  /** Whether the first line names the columns. Left out: true. Otherwise they are named '0', '1' and so on. */
  readonly header?: boolean
  /** One of , ; : | or a tab. Left out: a comma. */
  readonly delimiter?: string
}

type Labels = Readonly<Record<string, readonly string[]>>

export interface CsvDecodeOptions extends CsvOptions, LimitOptions {
  /** Of the columns. Left out: float32. */
  readonly dtype?: NumericDType
  /** The columns to read, in this order, each once. Left out: all. */
  readonly columns?: readonly string[]
  /** Columns of text: the texts that they may hold. Such a column becomes int32, the place of its text in the list. */
  readonly labels?: Labels
}

const what = 'CSV'

/**
 * Reads numeric columns of CSV text, each as an array of shape [rows].
 *
 * Cells are decimal numbers, `nan` or `inf` (any case, with a sign); an empty cell is NaN. A record may have 65,536
 * cells, the text 512 MB.
 * @throws FormatError, naming record and column, for other text, records of differing lengths, or names given twice;
 * DTypeError for a value that int32 can't hold
 * @see https://www.rfc-editor.org/rfc/rfc4180
 * @example
 * decodeCsv('x,kind\n1.5,cat\n2,dog', { labels: { kind: ['cat', 'dog'] } }).get('kind')?.array() // [0, 1]
 */
export function decodeCsv(source: string | Bytes, options: CsvDecodeOptions = {}): Map<string, HostArray> {
  const all: readonly string[] = []
  const known: Required<Omit<CsvDecodeOptions, 'maxBytes'>> = {
    header: true,
    delimiter: ',',
    dtype: 'float32',
    columns: all,
    labels: {},
  }
  // Text is measured, and checked, as the bytes that it would take in a file.
  const file = typeof source === 'string' ? encodeText(source, what) : source
  const { bytes, header, delimiter, dtype, columns, labels, spend } = openFile(what, file, options, known)
  const rows = csvRows(decodeText(bytes, what).replace(/^\uFEFF/, ''), delimiter)
  const first: readonly string[] = rows.next().value ?? []
  const names = header ? first : Object.keys(first)
  const places = placesOf(names, what)
  const readers = [...(columns === all ? places : placesOf(columns, `${what}: columns`)).keys()].map((name) => {
    const place = places.get(name) ?? refuse(what, `column ${name}`, names)
    const texts = Object.hasOwn(labels, name) ? placesOf(labels[name], `${what}: labels of ${name}`) : undefined
    return { name, place, texts, values: [] as number[] }
  })
  let count = 0
  const read = (row: readonly string[]): void => {
    count++
    if (row.length !== names.length) refuse(`${what}: record ${count}`, `${names.length} cells`, row)
    spend(readers.length * byteSize(dtype))
    for (const { name, place, texts, values } of readers) {
      const cell = row[place]
      const value = texts ? texts.get(cell) : parseNumber(cell.trim())
      if (value === undefined)
        refuse(`${what}: record ${count}, column ${name}`, texts ? [...texts.keys()].join() : 'a number', cell)
      values.push(value)
    }
  }
  if (!header) read(first)
  for (const row of rows) read(row)
  return new Map(
    readers.map(({ name, texts, values }) => [
      name,
      hostArray(toNumeric(values, texts ? 'int32' : dtype, `${what}: column ${name}`, 1)),
    ]),
  )
}

/** Where each text stands in a list of differing ones. */
function placesOf(texts: readonly string[], where: string): ReadonlyMap<string, number> {
  const places = new Map(Array.isArray(texts) ? texts.map((text: string, i) => [text, i]) : [])
  if (!places.size || places.size < texts.length) refuse(where, 'different names', texts)
  return places
}

/** Undefined for text that is no decimal number, also for hexadecimal, octal and binary ones, which `Number` knows. */
function parseNumber(cell: string): number | undefined {
  if (/^([+-]?nan)?$/i.test(cell)) return NaN
  const value = Number(cell.replace(/inf(inity)?$/i, 'Infinity'))
  return Number.isNaN(value) || /[box]/i.test(cell) ? undefined : value
}
