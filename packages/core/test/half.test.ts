import { cpu } from '@gradloom/backend-cpu'
import { createRuntime, hostArray, tensor, toHostArray, type HostArray } from '@gradloom/core'
import { fromHalves, toHalf } from '@gradloom/core/extend'
import { expect, test } from 'vitest'

const every = Uint16Array.from({ length: 65536 }, (_, bits) => bits)
const halves = (...bits: number[]): HostArray => hostArray(Uint16Array.from(bits), [bits.length], 'float16')

test('float16: all bit patterns but those of NaN survive as numbers', () => {
  const numbers = fromHalves(every)
  numbers.forEach((x, bits) => {
    const isNaN = (bits & 0x7fff) > 0x7c00
    expect(Number.isNaN(x)).toBe(isNaN)
    if (!isNaN) expect(toHalf(x)).toBe(bits)
  })
  expect([0x3c00, 0xc100, 0x7bff, 0x0400, 0x03ff, 0x8001].map((bits) => numbers[bits])).toEqual([
    1,
    -2.5,
    65504,
    2 ** -14,
    2 ** -14 - 2 ** -24,
    -(2 ** -24),
  ])
})

test('float16: numbers go to the nearest, ties to the even one', () => {
  const numbers = fromHalves(every)
  for (let bits = 0; bits < 0x7bff; bits++) {
    const low = numbers[bits]
    const middle = (low + numbers[bits + 1]) / 2
    const even = bits + (bits % 2)
    expect([toHalf(middle), toHalf(-middle)]).toEqual([even, 0x8000 | even])
    expect([toHalf(middle * (1 - 2 ** -52)), toHalf(middle * (1 + 2 ** -52))]).toEqual([bits, bits + 1])
  }
  const ends = [65520, 65519.999, Infinity, -1e308, 2 ** -25, 2 ** -25 * (1 + 2 ** -52), -0, NaN]
  expect(ends.map(toHalf)).toEqual([0x7c00, 0x7bff, 0x7c00, 0xfc00, 0, 1, 0x8000, 0x7e00])
})

test('host arrays of float16 give numbers, and data their bits', () => {
  const host = halves(0x3c00, 0xc100, 0x7c00, 1)
  expect(host.array()).toEqual([1, -2.5, Infinity, 2 ** -24])
  expect(halves(0x4200).item()).toBe(3)
  expect(host.data[0]).toBe(0x3c00)
})

test('toHostArray converts float16 and from it', () => {
  expect(toHostArray(halves(0x3c00, 0xfc00), 'float32').data).toEqual(Float32Array.of(1, -Infinity))
  expect(toHostArray(halves(0x3c00, 0), 'float64').data).toEqual(Float64Array.of(1, 0))
  expect(toHostArray(halves(0x4200), 'int32').data).toEqual(Int32Array.of(3))
  expect(toHostArray(halves(0x3800, 0x8000), 'bool').data).toEqual(Uint8Array.of(1, 0))
  expect(toHostArray([[1, -2.5]], 'float16').data).toEqual(Uint16Array.of(0x3c00, 0xc100))
  expect(toHostArray(Float64Array.of(0.1), 'float16').item()).toBe(0.0999755859375)
  expect(toHostArray([true], 'float16').item()).toBe(1)
  expect(() => toHostArray(halves(0x3800), 'int32')).toThrow(expect.objectContaining({ name: 'DTypeError' }))
})

test('a Uint16Array is integers, and bits of float16 where that is asked for', () => {
  expect(toHostArray(Uint16Array.of(0x3c00)).array()).toEqual([0x3c00])
  expect(toHostArray(Uint16Array.of(0x3c00), 'float16').array()).toEqual([1])
})

test('only a Uint16Array is data of float16', () => {
  expect(() => hostArray(new Float32Array(2), [2], 'float16')).toThrow(expect.objectContaining({ name: 'DTypeError' }))
  expect(() => hostArray(new Uint16Array(2), [2], 'float32')).toThrow(expect.objectContaining({ name: 'DTypeError' }))
})

type Float16ArrayConstructor = new (numbers: readonly number[]) => ArrayBufferView
const { Float16Array } = globalThis as { readonly Float16Array?: Float16ArrayConstructor }
test.runIf(Float16Array)('a Float16Array is float16', () => {
  const array = new Float16Array!([1, -2.5])
  expect(toHostArray(array)).toMatchObject({ dtype: 'float16', data: Uint16Array.of(0x3c00, 0xc100) })
  expect(toHostArray(array, 'float32').data).toEqual(Float32Array.of(1, -2.5))
})

test('environments take float16 as the floats that their variables are, and floats as float16', async () => {
  const rt = createRuntime({ backends: [cpu()] })
  const env = rt.variables()
  env.name('wide').set([0, 0])
  env.name('half').set([0, 0], { dtype: 'float16' })
  const saved = async (): Promise<unknown> => [...(await env.save()).values()].map((host) => [host.dtype, host.array()])

  env.load(
    new Map([
      ['wide', halves(0x3c00, 0xc100)],
      ['half', toHostArray([0.1, 1e6], 'float64')],
    ]),
  )
  expect(await saved()).toEqual([
    ['float32', [1, -2.5]],
    ['float16', [0.0999755859375, Infinity]],
  ])
  env.name('wide').set(halves(0x4200, 0))
  env.assign('half', [3, 4])
  expect(await saved()).toEqual([
    ['float32', [3, 0]],
    ['float16', [3, 4]],
  ])
  expect(() => env.load(new Map([['half', toHostArray([1, 2], 'int32')]]), { partial: true })).toThrow(
    expect.objectContaining({ name: 'DTypeError' }),
  )
  await rt.close()
})

test('placeholders take float16 where they hold all of it', async () => {
  const rt = createRuntime({ backends: [cpu()] })
  await rt.run(async (ctx) => {
    const wide = ctx.placeholder('wide', [2])
    const half = ctx.placeholder('half', [2], 'float16')
    const run = ctx.evaluator().push(wide, half)
    const results = await run.feed(wide, halves(0x3c00, 0xc100)).feed(half, [0.1, 2]).run()
    expect(results.map((host) => host.array())).toEqual([
      [1, -2.5],
      [0.0999755859375, 2],
    ])
    const again = await run.feed(half, Uint16Array.of(0x4200, 0)).run()
    expect(again[1].array()).toEqual([3, 0])
    expect(() => run.feed(half, toHostArray([1, 2]))).toThrow(expect.objectContaining({ name: 'FeedError' }))
  })
  await rt.close()
})

test('gradients of float16 add up', async () => {
  const rt = createRuntime({ backends: [cpu()] })
  await rt.run(async () => {
    const x = tensor([1, 2.5], { dtype: 'float16', requiresGrad: true })
    await x.mul(x).sum().backward()
    await x.mul(x).sum().backward()
    expect(x.grad!.dtype).toBe('float16')
    expect(await x.grad!.array()).toEqual([4, 10])
  })
  await rt.close()
})
