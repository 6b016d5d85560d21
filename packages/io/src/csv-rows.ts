import { refuse } from './refuse.ts'

// Every column becomes an array, which takes hundreds of bytes, however short.
const maxCells = 2 ** 16

export function checkDelimiter(delimiter: string): void {
  if (!/^[,;:|\t]$/.test(delimiter)) refuse('CSV', 'a delimiter , ; : | or tab', delimiter)
}

/**
 * The records of CSV text (RFC 4180): cells between delimiters, lines ended by CRLF, LF or CR. Quoted cells may hold
 * delimiters, line ends and doubled quotes; spaces around other cells are dropped. Empty lines are skipped.
 * @throws FormatError for another delimiter, 65,537 cells in a record, and a quote that does not close, or stands
 * inside of a cell
 */
export function* csvRows(text: string, delimiter: string): Generator<string[]> {
  checkDelimiter(delimiter)
  const structure = new RegExp(`[${delimiter}\r\n"]|$`, 'g')
  let row: string[] = []
  let at = 0
  // A delimiter at the end of the text stands before one more, empty cell.
  while (at < text.length || row.length) {
    const start = at
    const quoted = text[at] === '"'
    // A quote in quotes is doubled, so the first single one closes them.
    if (quoted)
      do at = text.indexOf('"', at + 1) + 1
      while (at && text[at] === '"')
    structure.lastIndex = at
    // The end of the text matches, if nothing else does.
    const { 0: mark, index: end } = structure.exec(text) as RegExpExecArray
    if (mark === '"' || (quoted && (!at || end > at)))
      refuse('CSV', 'quotes around whole cells', text.slice(start, start + 80))
    const length = row.push(
      quoted ? text.slice(start + 1, end - 1).replaceAll('""', '"') : text.slice(start, end).trim(),
    )
    if (length > maxCells) refuse('CSV', `at most ${maxCells} cells in a record`, length)
    at = end + 1
    if (mark === delimiter) continue
    if (row.length > 1 || row[0] || quoted) yield row
    row = []
  }
}
