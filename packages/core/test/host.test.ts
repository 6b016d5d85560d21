import { hostArray, tensor } from '@gradloom/core'
import { expect, test } from 'vitest'

test('array: nests empty arrays as the shape says, up to a million', () => {
  const empty = (...shape: number[]): unknown => hostArray(new Float32Array(0), shape).array()
  expect(empty(2, 0, 3)).toEqual([[], []])
  expect(empty(0, 2 ** 53 - 1)).toEqual([])
  for (const shape of [
    [2 ** 53 - 1, 0],
    [2 ** 20, 2, 0],
    [3, 2 ** 40, 0, 1],
  ])
    expect(() => empty(...shape)).toThrow(expect.objectContaining({ name: 'OutOfMemoryError' }))
})

test('a Buffer is the bytes that it shows: tensors of it have their own', async () => {
  const bytes = Buffer.from([1, 0, 3])
  const wrapped = hostArray(bytes, [3], 'bool')
  const t = tensor(wrapped)
  wrapped.data[0] = 0
  expect([wrapped.data.constructor, await t.array()]).toEqual([Uint8Array, [true, false, true]])
})
