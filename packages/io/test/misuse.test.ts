import { hostArray, tensor } from '@gradloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as io from '../src/index.ts'
import * as node from '../src/node.ts'

const typed = ['FormatError', 'SettingError', 'DTypeError', 'ShapeError', 'NameError', 'OutOfMemoryError']
const x = hostArray(Float32Array.of(1, 2))

/** Every exported function, with calls that are right but for what is put in. */
const functions: Readonly<Record<string, (...given: never[]) => unknown>> = { ...io, ...node }
const right: Readonly<Record<string, readonly unknown[]>> = {
  batches: [{ x }, { size: 1 }],
  permutation: [3, 1, 0],
  decodeCsv: ['x\n1', { dtype: 'float32' }],
  encodeCsv: [{ x }, { header: true }],
  decodeIdx: [io.encodeIdx(x), { scale: 1 }],
  encodeIdx: [x],
  decodeNpy: [io.encodeNpy(x), {}],
  encodeNpy: [x],
  decodeNpz: [io.encodeNpz({ x }), {}],
  encodeNpz: [{ x }],
  decodeSafetensors: [io.encodeSafetensors({ x }), {}],
  encodeSafetensors: [{ x }, { metadata: { a: 'b' } }],
  readSafetensorsHeader: [io.encodeSafetensors({ x })],
  loadSafetensors: ['/missing/file', {}],
  readIdx: ['/missing/file', {}],
  saveSafetensors: ['/missing/file', { x }, {}],
}

/** Calls, and walks what comes back. @returns the error */
async function call(name: string, args: readonly unknown[]): Promise<{ name: string; code?: string } | undefined> {
  // A text is a path to where nothing can be written.
  const [path, ...rest] = args
  const isWritten = name === 'saveSafetensors' && typeof path === 'string'
  try {
    const result = await functions[name](...((isWritten ? [`/missing/${path}`, ...rest] : args) as never[]))
    if (name === 'batches') for await (const batch of result as AsyncIterable<unknown>) void batch
    return undefined
  } catch (error) {
    return error as { name: string; code?: string }
  }
}

const isTyped = (error: { name: string; code?: string }): boolean =>
  typed.includes(error.name) || (error.name === 'Error' && error.code?.startsWith('E') === true)

class Circular {
  self = this
}
const detached = new Uint8Array(4)
structuredClone(detached, { transfer: [detached.buffer] })

const wrong: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -1,
  -0,
  0.5,
  NaN,
  Infinity,
  1e9 + 0.5,
  2 ** 53,
  5n,
  '',
  'int32',
  'toString',
  '__proto__',
  'a\0b',
  Symbol('s'),
  (): number => 1,
  [],
  [undefined],
  [[1], [2]],
  ['x', 'x'],
  {},
  { read: 1 },
  Object.create(null),
  new Map(),
  new Map([[5, x]]),
  new Map([[Symbol('s'), x]]),
  { x: null },
  { x: [1, 2] },
  { x: { shape: [2], dtype: 'float32', data: [1, 2] } },
  { x: { shape: [2], dtype: 'constructor', data: new Float32Array(2) } },
  { x: { shape: [2], dtype: Symbol('s'), data: new Float32Array(2) } },
  { x: { shape: '2', dtype: 'float32', data: new Float32Array(2) } },
  { shape: [2], dtype: 'float32', data: new BigInt64Array(2) },
  { shape: [2], dtype: 'float16', data: new DataView(new ArrayBuffer(4)) },
  new Circular(),
  new Date(NaN),
  new Error('e'),
  new Uint8Array(0),
  new Float64Array(3),
  new DataView(new ArrayBuffer(3)),
  new ArrayBuffer(5),
  new SharedArrayBuffer(12),
  detached,
  x,
]

const options = [
  'maxBytes',
  'header',
  'delimiter',
  'dtype',
  'columns',
  'labels',
  'scale',
  'skipUnknown',
  'metadata',
  'size',
  'shuffle',
  'seed',
  'epoch',
  'dropLast',
]

describe.each(Object.keys(right))('%s', (name) => {
  test('works as it is called here, and is among the functions that are exported', async () => {
    const error = await call(name, right[name])
    expect(error?.code ?? 'ENOENT').toBe('ENOENT')
  })

  test('gives typed errors for every wrong argument', async () => {
    for (let at = 0; at < right[name].length; at++)
      for (const value of wrong) {
        const error = await call(name, right[name].with(at, value))
        if (error && !isTyped(error)) throw error
      }
    const error = await call(name, [])
    expect(error && isTyped(error)).toBe(true)
  })

  test('refuses an option that it does not know, and any option of a wrong kind', async () => {
    const last = right[name].at(-1)
    if (typeof last !== 'object' || last === null || last === x || ArrayBuffer.isView(last)) return
    if (name === 'encodeNpz') return
    const error = await call(name, right[name].with(-1, { ...last, sise: 1 }))
    expect(error).toMatchObject({ code: name.startsWith('load') || name.startsWith('read') ? 'ENOENT' : 'NAME' })
    for (const option of options)
      for (const value of wrong) {
        const fault = await call(name, right[name].with(-1, { ...last, [option]: value }))
        if (fault && !isTyped(fault)) throw fault
      }
  })
})

test('every exported function is tried', () => {
  expect(Object.keys(right).sort()).toEqual(Object.keys(functions).sort())
})

test('any arguments give a typed error or a value', async () => {
  const any = fc.oneof(
    fc.constantFrom(...wrong),
    fc.anything({ withTypedArray: true, withMap: true, withNullPrototype: true, withBigInt: true }),
    fc.dictionary(fc.constantFrom(...options), fc.constantFrom(...wrong)),
    fc.constantFrom(...Object.values(right).flat()),
  )
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(right)), fc.array(any, { maxLength: 3 }), async (name, args) => {
      const error = await call(name, args)
      if (error && !isTyped(error)) throw error
    }),
    { numRuns: 2000 },
  )
})

test('messages name the function, what is known and what came', () => {
  expect(() => io.decodeCsv('x', { delimeter: ';' } as never)).toThrow(
    'CSV: no setting delimeter; there are maxBytes, header, delimiter, dtype, columns, labels',
  )
  expect(() => io.decodeNpy(undefined as never)).toThrow('npy: a Uint8Array or an ArrayBuffer required, got undefined')
  expect(() => io.encodeSafetensors({ w: tensor([1]) as never })).toThrow('as await t.eval() of a tensor, required')
  expect(() => io.encodeCsv(null as never)).toThrow('CSV: a Map or an object required, got null')
  expect(() => io.encodeSafetensors(Promise.resolve(new Map()) as never)).toThrow('by await, required, got "a promise"')
  expect(() => io.decodeCsv('x', { header: 'no' } as never)).toThrow('CSV: boolean required as header, got no')
})
