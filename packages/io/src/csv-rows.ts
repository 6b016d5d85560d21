import { refuse } from './refuse.ts'

/**
 * The records of CSV text (RFC 4180): cells between delimiters, lines ended by CRLF, LF or CR. Quoted cells may hold
 * delimiters, line ends and doubled quotes; spaces around other cells are dropped. Empty lines are skipped.
 * @throws FormatError for a quote that does not close, or stands inside of a cell
 */
export function* csvRows(text: string, delimiter: string): Generator<string[]> {
  if (!/^[,;:|\t]$/.test(delimiter)) refuse('CSV', 'a delimiter , ; : | or tab', delimiter)
  const cell = new RegExp(`(?:"([^"]*(?:""[^"]*)*)"|([^"${delimiter}\r\n]*))([${delimiter}\n]|\r\n?|$)`, 'y')
  let row: string[] = []
  // A delimiter at the end of the text stands before one more, empty cell.
  while (cell.lastIndex < text.length || row.length) {
    const start = cell.lastIndex
    const match = cell.exec(text)
    if (!match) refuse('CSV', 'quotes around whole cells', text.slice(start))
    const [, quoted, plain, end] = match
    row.push(quoted?.replaceAll('""', '"') ?? plain.trim())
    if (end === delimiter) continue
    if (row.length > 1 || row[0] || quoted === '') yield row
    row = []
  }
}
