import { reference } from '@gradloom/conformance'
import { createRuntime, hostArray, tensor, type HostArray } from '@gradloom/core'
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

test('arrays of thousands of axes, as a file may have them, are neither nested nor printed', () => {
  for (const size of [0, 1]) {
    const array = hostArray(new Float32Array(size), new Array<number>(1e4).fill(size))
    expect(() => array.array()).toThrow('array: at most 256 axes allowed, got 10000; use data')
    expect([String(array).slice(-4), String(tensor(array)).length > 3e4]).toEqual([' ...', true])
  }
  const deep = hostArray(Float32Array.of(3), new Array<number>(256).fill(1))
  expect([String(deep).match(/\[/g)!.length, JSON.stringify(deep.array()).length]).toEqual([257, 513])
})

test('a Buffer is the bytes that it shows: tensors of it have their own', async () => {
  const bytes = Buffer.from([1, 0, 3])
  const wrapped = hostArray(bytes, [3], 'bool')
  const t = tensor(wrapped)
  wrapped.data[0] = 0
  expect([wrapped.data.constructor, await t.array()]).toEqual([Uint8Array, [true, false, true]])
})

test('memory that was transferred or resized since is told of, wherever the array is taken', async () => {
  const lost = (data: Float32Array = Float32Array.of(1, 2)): HostArray => {
    const array = hostArray(data)
    structuredClone(data, { transfer: [data.buffer] })
    return array
  }
  const error = expect.objectContaining({
    name: 'ShapeError',
    message: expect.stringMatching(/2 .* got memory that was transferred/) as string,
  })
  expect(() => tensor(lost())).toThrow(error)
  for (const data of [Float32Array.of(1), Int8Array.of(1)]) {
    structuredClone(data, { transfer: [data.buffer] })
    expect(() => tensor(data)).toThrow('got memory that was transferred')
  }
  expect(() => lost().array()).toThrow(error)
  expect(() => String(lost())).toThrow(error)
  const growing = Reflect.construct(ArrayBuffer, [8, { maxByteLength: 16 }]) as ArrayBuffer & {
    resize(to: number): void
  }
  const grown = hostArray(new Float32Array(growing))
  growing.resize(16)
  expect(() => tensor(grown)).toThrow('2 elements required for [2], got 4')

  const rt = createRuntime({ backends: [reference()] })
  const env = rt.variables()
  env.name('a').set([1, 2])
  env.name('b').set([3, 4])
  const file = new Map([
    ['a', hostArray(Float32Array.of(5, 6))],
    ['b', lost()],
  ])
  expect(() => env.load(file)).toThrow(error)
  expect(await env.name('a').get().then(String)).toBe('HostArray float32 [2] [1, 2]')
  const step = env.compile((ctx) => ({ y: ctx.placeholder('x', [2]).mul(ctx.variable('a')) }))
  await expect(step({ x: lost() })).rejects.toMatchObject({
    name: 'FeedError',
    message: expect.stringMatching(/^x: .* transferred/) as string,
  })
  await rt.close()
})
