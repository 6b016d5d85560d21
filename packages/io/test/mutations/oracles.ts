import type { HostArray } from '@gradloom/core'
import assert from 'node:assert/strict'

type Arrays = ReadonlyMap<string, HostArray>
type Read = (view: DataView, at: number, isLittle: boolean) => number

/** By NumPy's kind and width. */
const readers: Readonly<Record<string, Read>> = {
  b1: (view, at) => view.getUint8(at),
  u1: (view, at) => view.getUint8(at),
  i1: (view, at) => view.getInt8(at),
  u2: (view, at, isLittle) => view.getUint16(at, isLittle),
  i2: (view, at, isLittle) => view.getInt16(at, isLittle),
  u4: (view, at, isLittle) => view.getUint32(at, isLittle),
  i4: (view, at, isLittle) => view.getInt32(at, isLittle),
  u8: (view, at, isLittle) => Number(view.getBigUint64(at, isLittle)),
  i8: (view, at, isLittle) => Number(view.getBigInt64(at, isLittle)),
  // Bits, as host arrays hold them.
  f2: (view, at, isLittle) => view.getUint16(at, isLittle),
  f4: (view, at, isLittle) => view.getFloat32(at, isLittle),
  f8: (view, at, isLittle) => view.getFloat64(at, isLittle),
}

function same(array: HostArray, shape: readonly number[], values: readonly number[]): void {
  assert.deepEqual(array.shape, shape)
  assert.deepEqual([...array.data], values)
}

function elements(bytes: Uint8Array, type: string, isLittle: boolean, shape: readonly number[]): number[] {
  const count = shape.reduce((a, b) => a * b, 1)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const width = Number(type.at(-1))
  assert.equal(bytes.length, count * width)
  return Array.from({ length: count }, (_, i) => readers[type](view, i * width, isLittle))
}

export function safetensorsOracle(file: Uint8Array, read: Arrays): void {
  const length = Buffer.from(file).readUInt32LE(0)
  const text = Buffer.from(file).toString('utf8', 8, 8 + length)
  const { __metadata__: _, ...header } = JSON.parse(text) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >
  assert.equal(read.size, Object.keys(header).length)
  // Keys with escapes are wrong in JSON.parse of some engines.
  if (text.includes('\\')) return
  for (const [name, { dtype, shape, data_offsets: offsets }] of Object.entries(header)) {
    const array = read.get(name)
    assert.ok(array)
    const bytes = file.subarray(8 + length + offsets[0], 8 + length + offsets[1])
    if (dtype === 'BF16') continue
    const type = dtype === 'BOOL' ? 'b1' : `${dtype[0].toLowerCase()}${Number(dtype.slice(1)) / 8}`
    same(array, shape, elements(bytes, type, true, shape))
  }
}

export function npyOracle(file: Uint8Array, read: Arrays): void {
  const buffer = Buffer.from(file)
  const prefix = file[6] === 1 ? 10 : 12
  const start = prefix + (file[6] === 1 ? buffer.readUInt16LE(8) : buffer.readUInt32LE(8))
  const header = buffer.toString('latin1', prefix, start)
  const [, order, type] = /'descr'\s*:\s*'(.)(..)'/.exec(header) ?? []
  const [, list] = /'shape'\s*:\s*\(([^)]*)\)/.exec(header) ?? []
  const shape = list
    .split(',')
    .map((size) => parseInt(size, 10))
    .filter((size) => !Number.isNaN(size))
  const values = elements(file.subarray(start), type, order !== '>', shape)
  const array = read.get('')
  assert.ok(array)
  if (/True/.test(header)) {
    // Where the element at an index lies in column-major order.
    const place = (at: number): number => {
      let rest = at
      let stride = values.length
      let from = 0
      for (const size of shape.toReversed()) {
        stride /= size
        from += (rest % size) * stride
        rest = Math.floor(rest / size)
      }
      return from
    }
    same(
      array,
      shape,
      values.map((_, i) => values[place(i)]),
    )
  } else same(array, shape, values)
}

export function idxOracle(file: Uint8Array, read: Arrays): void {
  const type = { 8: 'u1', 9: 'i1', 11: 'i2', 12: 'i4', 13: 'f4', 14: 'f8' }[file[2]]
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  const shape = Array.from({ length: file[3] }, (_, axis) => view.getUint32(4 + 4 * axis))
  const array = read.get('')
  assert.ok(type && array)
  same(array, shape, elements(file.subarray(4 + 4 * file[3]), type, false, shape))
}

/** A reader of CSV that takes one character after the other. */
export function csvOracle(file: Uint8Array, read: Arrays): void {
  const rows: string[][] = []
  let row: string[] = []
  let cell = ''
  let quotes = 0
  const endCell = (): void => {
    row.push(quotes ? cell : cell.trim())
    cell = ''
    quotes = 0
  }
  for (const c of `${new TextDecoder().decode(file)}\n`) {
    const isInside = quotes % 2 === 1
    if (c === '"') {
      if (!isInside && quotes > 0) cell += '"'
      quotes++
    } else if (isInside) cell += c
    else if (c === ',') endCell()
    else if (c === '\n' || c === '\r') {
      const isEmpty = row.length === 0 && cell.trim() === '' && quotes === 0
      endCell()
      if (!isEmpty) rows.push(row)
      row = []
    } else cell += c
  }
  const [names, ...records] = rows
  assert.deepEqual([...read.keys()], names)
  for (const [column, array] of [...read.values()].entries())
    same(
      array,
      [records.length],
      records.map((record) => number(record[column].trim())),
    )
}

function number(cell: string): number {
  if (cell === '' || /^[+-]?nan$/i.test(cell)) return NaN
  const [, sign] = /^([+-]?)inf(?:inity)?$/i.exec(cell) ?? []
  if (sign !== undefined) return sign === '-' ? -Infinity : Infinity
  assert.match(cell, /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i)
  return parseFloat(cell)
}
