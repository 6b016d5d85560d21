import { beforeAll, expect, test } from 'vitest'
import { allocate, IndexError, sizeOf, type Backend, type DType, type TypedArray } from '@gradloom/core'
import { cpu } from '../src/index.ts'
import { indicesOf, planOf } from './interpret.ts'

let backend: Backend
beforeAll(async () => {
  backend = cpu()
  await backend.start()
})

interface Given {
  readonly shape: readonly number[]
  readonly data: readonly number[]
  readonly dtype?: DType
}
type Out = readonly [shape: readonly number[], dtype: DType]

/** Runs one named kernel; gives its outputs. */
function run(name: string, attrs: unknown, inputs: readonly Given[], outputs: readonly Out[]): TypedArray[] {
  const fill = ({ data, shape, dtype = 'float32' }: Given): TypedArray => {
    const a = allocate(dtype, sizeOf(shape))
    a.set(data)
    return a
  }
  const arrays = [
    ...inputs.map((i) => ({ shape: i.shape, dtype: i.dtype ?? 'float32', data: fill(i), written: false })),
    ...outputs.map(([shape, dtype]) => ({ shape, dtype, data: allocate(dtype, sizeOf(shape)), written: true })),
  ]
  const argument = (i: number) => ({ buffer: i, shape: arrays[i].shape, dtype: arrays[i].dtype })
  const step = {
    type: 'kernel',
    label: name,
    scope: '',
    name,
    attrs,
    inputs: inputs.map((_, i) => argument(i)),
    outputs: outputs.map((_, i) => argument(inputs.length + i)),
  } as const
  const plan = planOf(
    [step],
    arrays.map(({ shape, dtype, written }) => ({ dtype, size: sizeOf(shape), written })),
  )
  const e = backend.prepareSync!(plan, new Map())
  try {
    return e.runSync!(
      arrays.map((a) => a.data),
      outputs.map(() => false),
    ) as TypedArray[]
  } finally {
    e.dispose()
  }
}
const values = (n: number): number[] => Array.from({ length: n }, (_, i) => ((i * 7919) % 31) - 15.5)
const at = (shape: readonly number[], index: readonly number[]): number =>
  index.reduce((s, i, d) => s * shape[d] + i, 0)

test('take replaces the axis by the indices, negative ones from the end', () => {
  const indices = [2, -1, 0, 2, 1, -3]
  for (const axis of [0, 1, 2]) {
    const shape = [3, 3, 3].map((n, d) => (d === axis ? 3 : n - (d === 0 ? 1 : 0)))
    const out = [...shape.slice(0, axis), 2, 3, ...shape.slice(axis + 1)]
    const data = values(sizeOf(shape))
    const [got] = run(
      'take',
      { axis },
      [
        { shape, data },
        { shape: [2, 3], data: indices, dtype: 'int32' },
      ],
      [[out, 'float32']],
    )
    for (const o of indicesOf(out)) {
      const picked = indices[o[axis] * 3 + o[axis + 1]]
      const from = [...o.slice(0, axis), (picked + 3) % 3, ...o.slice(axis + 2)]
      expect(got[at(out, o)]).toBe(Math.fround(data[at(shape, from)]))
    }
  }
})
test('scatterAdd accumulates repeated indices, and is the transpose of take', () => {
  const shape = [2, 4, 3]
  const indices = [3, 1, 3, -4]
  const updatesShape = [2, 4, 3]
  const x = values(24)
  const updates = values(24).map((v) => v * 2 + 1)
  const [got] = run(
    'scatterAdd',
    { axis: 1 },
    [
      { shape, data: x },
      { shape: [4], data: indices, dtype: 'int32' },
      { shape: updatesShape, data: updates },
    ],
    [[shape, 'float32']],
  )
  const want = [...x]
  for (const o of indicesOf(updatesShape))
    want[at(shape, [o[0], (indices[o[1]] + 4) % 4, o[2]])] += updates[at(updatesShape, o)]
  expect([...got]).toEqual(want)
})
test('takeAlongAxis and scatterAddAlongAxis take an index an element, with another size along the axis', () => {
  for (const axis of [0, 1, 2]) {
    const shape = [3, 4, 2]
    const lines = shape.map((n, d) => (d === axis ? 5 : n))
    const n = sizeOf(lines)
    const indices = Array.from({ length: n }, (_, i) => ((i * 5) % (2 * shape[axis])) - shape[axis])
    const x = values(24)
    const updates = values(n)
    const place = (o: number[]): number =>
      at(
        shape,
        o.map((v, d) => (d === axis ? (indices[at(lines, o)] + shape[axis]) % shape[axis] : v)),
      )
    const given = [
      { shape, data: x },
      { shape: lines, data: indices, dtype: 'int32' as const },
    ]
    const [taken] = run('takeAlongAxis', { axis }, given, [[lines, 'float32']])
    const [added] = run(
      'scatterAddAlongAxis',
      { axis },
      [...given, { shape: lines, data: updates }],
      [[shape, 'float32']],
    )
    const want = [...x]
    for (const o of indicesOf(lines)) {
      expect(taken[at(lines, o)]).toBe(x[place(o)])
      want[place(o)] += updates[at(lines, o)]
    }
    expect([...added]).toEqual(want)
  }
})
test('indices out of range are an IndexError that names value and position', () => {
  const table = { shape: [3, 2], data: values(6) }
  for (const [bad, name] of [
    [3, 'take'],
    [-4, 'take'],
  ] as const) {
    const fails = (): unknown =>
      run(name, { axis: 0 }, [table, { shape: [3], data: [0, bad, 1], dtype: 'int32' }], [[[3, 2], 'float32']])
    expect(fails).toThrow(IndexError)
    expect(fails).toThrow(new RegExp(`got ${bad} at position 1`))
  }
})
test('checkIndices passes what is in range or ignored, and no negative index', () => {
  const check = (data: number[], ignoreIndex: number | null): number[] => [
    ...run(
      'checkIndices',
      { size: 4, ignoreIndex },
      [{ shape: [data.length], data, dtype: 'int32' }],
      [[[data.length], 'int32']],
    )[0],
  ]
  expect(check([0, 3, 2], null)).toEqual([0, 3, 2])
  expect(check([0, -100, 2], -100)).toEqual([0, -100, 2])
  expect(() => check([0, -1], null)).toThrow(/got -1 at position 1/)
  expect(() => check([4], -100)).toThrow(IndexError)
})
test('sort and argsort are stable both ways, NaN as the greatest, along any axis', () => {
  const line = [2, NaN, -1, 2, 0, -0, Infinity, 2, NaN]
  const n = line.length
  const up = run('argsort', { axis: 0, descending: false }, [{ shape: [n], data: line }], [[[n], 'int32']])[0]
  expect([...up]).toEqual([2, 4, 5, 0, 3, 7, 6, 1, 8])
  expect([...run('argsort', { axis: 0, descending: true }, [{ shape: [n], data: line }], [[[n], 'int32']])[0]]).toEqual(
    [1, 8, 6, 0, 3, 7, 4, 5, 2],
  )
  const x = values(30)
  const [sorted] = run('sort', { axis: 1 }, [{ shape: [2, 5, 3], data: x }], [[[2, 5, 3], 'float32']])
  for (const [a, c] of indicesOf([2, 3])) {
    const column = [0, 1, 2, 3, 4].map((i) => x[at([2, 5, 3], [a, i, c])]).sort((p, q) => p - q)
    expect([0, 1, 2, 3, 4].map((i) => sorted[at([2, 5, 3], [a, i, c])])).toEqual(column)
  }
  expect([
    ...run(
      'sort',
      { axis: 0 },
      [{ shape: [3], data: [2 ** 32 - 1, 0, 2 ** 31], dtype: 'uint32' }],
      [[[3], 'uint32']],
    )[0],
  ]).toEqual([0, 2 ** 31, 2 ** 32 - 1])
})
test('argsort agrees with a comparison sort on long lines of every dtype', () => {
  for (const dtype of ['float32', 'float64', 'int32', 'uint32', 'bool'] as const)
    for (const descending of [false, true])
      for (const n of [1, 40, 41, 3000]) {
        const data = Array.from({ length: n }, (_, i) => {
          const v = ((i * 48271) % 65537) - 30000
          return dtype === 'bool'
            ? (i % 3) & 1
            : dtype === 'uint32'
              ? v >>> 0
              : dtype === 'int32'
                ? v * 60000
                : i % 97 === 5
                  ? NaN
                  : i % 31 === 0
                    ? -0
                    : i % 37 === 0
                      ? 0
                      : (v % 500) * 1.37e-3 * 10 ** (i % 9)
        })
        const given = allocate(dtype, n)
        given.set(data)
        const want = Array.from({ length: n }, (_, i) => i).sort((a, b) => {
          const p = given[a]
          const q = given[b]
          const above = Number.isNaN(p) || Number.isNaN(q) ? +Number.isNaN(p) - +Number.isNaN(q) : p - q
          return (descending ? -above : above) || a - b
        })
        expect([
          ...run('argsort', { axis: 0, descending }, [{ shape: [n], data, dtype }], [[[n], 'int32']])[0],
        ]).toEqual(want)
      }
})
test('topK gives values and positions, largest first, ties by position', () => {
  const [v, i] = run(
    'topK',
    { axis: 1, k: 2 },
    [{ shape: [2, 4, 2], data: [1, 9, 5, 2, 5, 9, 0, 3, 4, 4, 8, 1, 2, 7, 8, 0] }],
    [
      [[2, 2, 2], 'float32'],
      [[2, 2, 2], 'int32'],
    ],
  )
  expect([...v]).toEqual([5, 9, 5, 9, 8, 7, 8, 4])
  expect([...i]).toEqual([1, 0, 2, 2, 1, 2, 3, 0])
})
test('topK of one is the maximum, which is NaN where there is one', () => {
  const [v, i] = run(
    'topK',
    { axis: 1, k: 2 },
    [{ shape: [2, 3], data: [1, NaN, Infinity, -1, 5, 2] }],
    [
      [[2, 2], 'float32'],
      [[2, 2], 'int32'],
    ],
  )
  expect([...v]).toEqual([NaN, Infinity, 5, 2])
  expect([...i]).toEqual([1, 2, 1, 2])
})
test('cumsum and cumprod run along the axis; integers wrap', () => {
  const x = [1, 2, 3, 4, 5, 6]
  const given = { shape: [2, 3], data: x }
  expect([...run('cumsum', { axis: 1 }, [given], [[[2, 3], 'float32']])[0]]).toEqual([1, 3, 6, 4, 9, 15])
  expect([...run('cumprod', { axis: 0 }, [given], [[[2, 3], 'float32']])[0]]).toEqual([1, 2, 3, 4, 10, 18])
  expect([
    ...run('cumprod', { axis: 0 }, [{ shape: [3], data: [65537, 65537, 65537], dtype: 'int32' }], [[[3], 'int32']])[0],
  ]).toEqual([65537, 131073, 196609])
  expect([
    ...run('cumsum', { axis: 0 }, [{ shape: [2], data: [2 ** 31 - 1, 1], dtype: 'int32' }], [[[2], 'int32']])[0],
  ]).toEqual([2 ** 31 - 1, -(2 ** 31)])
})
