import type { Draw } from './draw.ts'

/** A file with some of its bytes changed, and others of its format to take bytes from. */
type Mutation = (file: Uint8Array, draw: Draw, others: readonly Uint8Array[]) => Uint8Array

const extremes = [0n, 1n, 2n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0xffffn, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n - 1n]
const wide = [2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n]
const numbers = [
  '0',
  '-0',
  '-1',
  '1.5',
  '1e3',
  '1e309',
  '01',
  '65536',
  '4294967296',
  '9007199254740991',
  '9'.repeat(40),
]
const marks = [
  '{',
  '}',
  '[',
  ']',
  '(',
  ')',
  ',',
  ':',
  ';',
  '"',
  '""',
  "'",
  '\\',
  '\\"',
  '\\\\',
  '\\u0000',
  '\\ud800',
  '.',
]
const spaces = ['\n', '\r\n', '\t', ' ', '\0', '\ufeff']
const values = ['null', 'true', 'NaN', 'inf', '-inf', 'True', 'False', 'L', '0x1f', 'é', '😀']
const names = ['__proto__', 'constructor', '"__metadata__":{}', '"dtype":"F4"', 'F8_E4M3', 'BF16', 'F64', 'U8', 'BOOL']
const parts = [
  "'descr'",
  "'<f8'",
  "'|O'",
  "'>u4'",
  "'shape': (",
  "'fortran_order': True",
  'PK\x03\x04',
  'PK\x05\x06',
  '.npy',
]
const tokens = [marks, spaces, values, names, parts].flat()
const text = new TextEncoder()

const splice = (file: Uint8Array, start: number, end: number, part: Uint8Array): Uint8Array => {
  const out = new Uint8Array(start + part.length + file.length - end)
  out.set(file.subarray(0, start))
  out.set(part, start)
  out.set(file.subarray(end), start + part.length)
  return out
}

function section(file: Uint8Array, draw: Draw): [start: number, end: number] {
  const start = draw.below(file.length + 1)
  const most = draw.pick([4, 32, file.length])
  return [start, Math.min(file.length, start + draw.below(most + 1))]
}

const mutations: readonly Mutation[] = [
  // A bit, a byte.
  (file, draw) => {
    const out = file.slice()
    out[draw.below(file.length)] ^= 1 << draw.below(8)
    return out
  },
  (file, draw) => {
    const out = file.slice()
    out[draw.below(file.length)] = draw.pick([0, 0x7f, 0x80, 0xff, draw.below(256)])
    return out
  },
  // A field of 1, 2, 4 or 8 bytes, anywhere and in either order; near the ends more often.
  (file, draw) => {
    const out = file.slice()
    const width = draw.pick([1, 2, 4, 8])
    const from = draw.pick([0, 0, Math.max(0, file.length - 64), draw.below(file.length + 1)])
    const at = Math.min(from + draw.below(64), Math.max(0, file.length - width))
    const value = draw.pick(width === 8 ? [...extremes, ...wide] : extremes)
    const isLittle = draw.below(2) === 0
    for (let i = 0; i < width; i++) out[at + (isLittle ? i : width - 1 - i)] = Number((value >> BigInt(8 * i)) & 0xffn)
    return out
  },
  // Cut, prolonged.
  (file, draw) => file.slice(0, draw.below(file.length + 1)),
  (file, draw) => file.slice(draw.below(Math.min(16, file.length + 1))),
  (file, draw) =>
    splice(
      file,
      file.length,
      file.length,
      Uint8Array.from({ length: draw.below(64) }, () => draw.below(256)),
    ),
  // A section twice, elsewhere, gone, or of another file.
  (file, draw) => {
    const [start, end] = section(file, draw)
    const at = draw.pick([end, draw.below(file.length + 1)])
    return splice(file, at, at, file.subarray(start, end))
  },
  (file, draw) => {
    const [start, end] = section(file, draw)
    return splice(file, start, end, new Uint8Array(0))
  },
  (file, draw, others) => {
    const [start, end] = section(file, draw)
    const other = draw.pick(others)
    const [from, to] = section(other, draw)
    return splice(file, start, end, other.subarray(from, to))
  },
  (file, draw, others) => {
    const at = draw.below(file.length + 1)
    return splice(file, at, file.length, draw.pick(others).subarray(at))
  },
  // Words of headers, put in or over others.
  (file, draw) => {
    const at = draw.below(file.length + 1)
    return splice(file, at, at, text.encode(draw.pick(tokens).repeat(draw.pick([1, 1, 1, 2, 200]))))
  },
  (file, draw) => {
    const [start, end] = section(file, draw)
    return splice(file, start, Math.min(end, start + 8), text.encode(draw.pick(tokens)))
  },
  // A number in a header becomes another.
  (file, draw) => {
    const digits = [...Buffer.from(file).toString('latin1').matchAll(/\d+/g)]
    if (digits.length === 0) return file
    const { index, 0: found } = draw.pick(digits)
    return splice(file, index, index + found.length, text.encode(draw.pick(numbers)))
  },
]

/** One to four changes. */
export function mutate(file: Uint8Array, draw: Draw, others: readonly Uint8Array[]): Uint8Array {
  let out = file
  for (let left = draw.pick([1, 1, 1, 2, 3, 4]); left > 0; left--) out = draw.pick(mutations)(out, draw, others)
  return out
}
