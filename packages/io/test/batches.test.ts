import { hostArray, tensor } from '@gradloom/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { batches, permutation } from '../src/index.ts'
import { prefetch } from '../src/prefetch.ts'

const dataset = (rowCount: number) => ({
  x: hostArray(
    Float32Array.from({ length: rowCount * 2 }, (_, i) => i),
    [rowCount, 2],
  ),
  y: hostArray(Int32Array.from({ length: rowCount }, (_, i) => i)),
})
const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const item of source) all.push(item)
  return all
}
const rows = async (rowCount: number, options: Parameters<typeof batches>[1]): Promise<number[][]> =>
  (await collect(batches(dataset(rowCount), options))).map(({ y }) => [...y.data])

describe('batches', () => {
  test('gives rows in order, the rest last, or drops it', async () => {
    expect(await rows(5, { size: 2 })).toEqual([[0, 1], [2, 3], [4]])
    expect(await rows(5, { size: 2, dropLast: true })).toEqual([
      [0, 1],
      [2, 3],
    ])
    expect(await rows(4, { size: 2, dropLast: true })).toEqual([
      [0, 1],
      [2, 3],
    ])
    expect(await rows(1, { size: 2, dropLast: true })).toEqual([])
    expect(await rows(0, { size: 2 })).toEqual([])
    expect(batches(dataset(5), { size: 2 }).batchCount).toBe(3)
    expect(batches(dataset(5), { size: 2, dropLast: true }).batchCount).toBe(2)
  })

  test('keeps rows of all arrays together, with shapes and dtypes', async () => {
    for await (const { x, y } of batches(dataset(7), { size: 3, shuffle: true, seed: 1 })) {
      expect(x).toMatchObject({ dtype: 'float32', shape: [y.data.length, 2] })
      expect([...x.data]).toEqual([...y.data].flatMap((row) => [2 * row, 2 * row + 1]))
    }
  })

  test('gives every row once, in an order that seed and epoch decide', async () => {
    const options = { size: 4, shuffle: true, seed: 7 }
    const first = (await rows(10, options)).flat()
    expect(first).not.toEqual([...first].sort((a, b) => a - b))
    expect([...first].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect((await rows(10, { ...options, size: 3 })).flat()).toEqual(first)
    expect((await rows(10, { ...options, seed: 8 })).flat()).not.toEqual(first)
    expect((await rows(10, { ...options, epoch: 1 })).flat()).not.toEqual(first)
    expect((await rows(10, { ...options, seed: 7 + 2 ** 32 })).flat()).not.toEqual(first)
  })

  test('can be walked twice, and by two walkers at once', async () => {
    const source = batches(dataset(4), { size: 2, shuffle: true, seed: 3 })
    const [a, b] = await Promise.all([collect(source), collect(source)])
    expect(a).toEqual(b)
    expect(await collect(source)).toEqual(a)
  })

  test('copies, so that a batch may be changed or transferred', async () => {
    const source = dataset(2)
    for await (const { y } of batches(source, { size: 2 })) y.data.fill(9)
    expect([...source.y.data]).toEqual([0, 1])
  })

  test('reads the next batch while the consumer works, one ahead and no more', async () => {
    const read: number[][] = []
    const source = {
      rowCount: 5,
      read: async (rows: Uint32Array) => {
        read.push([...rows])
        return rows
      },
    }
    const walk = batches(source, { size: 2 })[Symbol.asyncIterator]()
    expect((await walk.next()).value).toEqual(Uint32Array.of(0, 1))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(read).toEqual([
      [0, 1],
      [2, 3],
    ])
    await walk.return?.()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(read).toEqual([
      [0, 1],
      [2, 3],
    ])
  })

  test('reports a failed read where its batch is asked for, once', async () => {
    const read = (rows: Uint32Array) => {
      if (rows[0]) throw new Error('disk')
      return rows[0]
    }
    const walk = batches({ rowCount: 2, read }, { size: 1 })[Symbol.asyncIterator]()
    expect((await walk.next()).value).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 5))
    await expect(walk.next()).rejects.toThrow('disk')
    expect((await walk.next()).done).toBe(true)
  })

  test('refuses arrays without a common first axis, and settings that are no whole numbers', () => {
    const shapeError = expect.objectContaining({ name: 'ShapeError', message: expect.stringContaining('[2, 2],y [3]') })
    expect(() => batches({ x: dataset(2).x, y: dataset(3).y }, { size: 1 })).toThrow(shapeError)
    expect(() => batches({}, { size: 1 })).toThrow(expect.objectContaining({ name: 'ShapeError' }))
    expect(() => batches({ x: hostArray(new Float32Array(1), []) }, { size: 1 })).toThrow(
      expect.objectContaining({ name: 'ShapeError' }),
    )
    for (const options of [
      { size: 0 },
      { size: 1.5 },
      { size: -1 },
      { size: NaN },
      { size: 1, seed: -1 },
      { size: 1, seed: 0.5 },
      { size: 1, epoch: 2 ** 53 },
    ])
      expect(() => batches(dataset(2), options)).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
})

describe('prefetch', () => {
  test('starts by itself, once, and not after cancel', async () => {
    let started = 0
    const first = prefetch(async () => ++started)
    expect(started).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(started).toBe(1)
    expect(await first.get()).toBe(1)
    prefetch(async () => ++started).cancel()
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(started).toBe(1)
  })
})

describe('permutation', () => {
  test('is the same on every platform', () => {
    // From a Philox written for big integers.
    expect([...permutation(10, 42)]).toEqual([6, 3, 1, 8, 0, 2, 5, 7, 4, 9])
    expect([...permutation(5, 2 ** 40 + 1, 2 ** 33)]).toEqual([2, 4, 3, 0, 1])
  })

  test('holds every index once', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.maxSafeNat(), fc.maxSafeNat(), (count, seed, epoch) => {
        expect([...permutation(count, seed, epoch)].sort((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, i) => i),
        )
      }),
    )
  })

  test('makes each of the 24 orders of 4 about equally often', () => {
    const counts = new Map<string, number>()
    const draws = 24_000
    for (let epoch = 0; epoch < draws; epoch++) {
      const order = permutation(4, 5, epoch).join()
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    // Chi-squared with 23 degrees of freedom passes 49.7 once in a thousand seeds.
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)
    expect(chiSquared).toBeLessThan(49.7)
  })
})

test('takes typed arrays, an element a row, and nested ones', async () => {
  const all: unknown[] = []
  const data = {
    x: [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    y: Int32Array.of(7, 8, 9),
    z: new Float32Array([1, 2, 3]),
  }
  for await (const { x, y, z } of batches(data, { size: 2 }))
    all.push([x.array(), x.dtype, y.array(), y.dtype, z.shape])
  expect(all).toEqual([
    [
      [
        [1, 2],
        [3, 4],
      ],
      'float32',
      [7, 8],
      'int32',
      [2],
    ],
    [[[5, 6]], 'float32', [9], 'int32', [1]],
  ])
})

test.each([[new Float32Array(4)], [[[1, 2]]], [hostArray(new Float32Array(4))], [tensor([1])]])(
  'refuses one array that has no name: %s',
  (data) => {
    expect(() => batches(data as never, { size: 2 })).toThrow(
      expect.objectContaining({ name: 'FormatError', message: expect.stringContaining('{ x, y }') as string }),
    )
  },
)
