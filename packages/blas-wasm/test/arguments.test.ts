import { describe, expect, test } from 'vitest'
import {
  BlasError,
  NoTrans,
  RowMajor,
  Unit,
  Upper,
  createBlas,
  type Order,
  type RealArray,
  type Side,
} from '../src/index.ts'
import { type Kit, instances, kit, random, filled, variants } from './support.ts'

describe.each(variants)('%s, %s', (variant, type) => {
  const setup = (): Kit => kit(variant, type)
  test('arrays in the instance memory give the bits that copies give, and are changed in place', () => {
    const k = setup()
    const [m, n, depth] = [17, 23, 31]
    const next = random(7)
    const [a, b, c] = [filled(k, m * depth, next), filled(k, depth * n, next), filled(k, m * n, next)]
    const own = [a, b, c].map((x) => {
      const y = k.allocate(x.length)
      y.set(x)
      return y
    }) as [RealArray, RealArray, RealArray]
    const run = (x: RealArray, y: RealArray, z: RealArray): unknown =>
      k.call('gemm', RowMajor, NoTrans, NoTrans, m, n, depth, 1, x, depth, y, n, 1, z, n)
    run(a, b, c)
    run(...own)
    expect(own[2]).toEqual(c)
    for (const x of own) instances[variant]!.free(x)
  })
})

describe('arguments', () => {
  const small = new Float32Array(4)
  test.each([
    [
      'a leading dimension below the row',
      () => instances.simd!.sgemm(RowMajor, NoTrans, NoTrans, 2, 2, 2, 1, small, 1, small, 2, 0, small, 2),
      /lda must be at least 2, got 1/,
    ],
    [
      'an array that is too short',
      () => instances.simd!.sgemm(RowMajor, NoTrans, NoTrans, 3, 2, 2, 1, small, 2, small, 2, 0, small, 2),
      /a must hold 6 elements.*got 4/,
    ],
    ['a negative size', () => instances.simd!.sdot(-1.5, small, 0, small, 1), /incX|whole number/],
    ['an increment of 0', () => instances.simd!.saxpy(2, 1, small, 0, small, 1), /incX/],
    [
      'an order that is none',
      () => instances.simd!.sgemv(7 as Order, NoTrans, 2, 2, 1, small, 2, small, 1, 0, small, 1),
      /order must be one of 101, 102, got 7/,
    ],
    [
      'a side that is none',
      () => instances.simd!.strsm(RowMajor, 1 as Side, Upper, NoTrans, Unit, 2, 2, 1, small, 2, small, 2),
      /side/,
    ],
    [
      'the other type',
      () => instances.simd!.sdot(2, new Float64Array(2) as never, 1, small, 1),
      /Float32Array, got Float64Array/,
    ],
  ])('%s', (_, call, message) => {
    expect(call).toThrow(BlasError)
    expect(call).toThrow(message)
    expect([...small]).toEqual([0, 0, 0, 0])
  })
  test('a full memory is an error that says what to do, and freed ranges join again', async () => {
    const tiny = await createBlas({ memoryBytes: 65536 })
    const half = (): Float32Array => tiny.float32(7000)
    const [x, y] = [half(), half()]
    expect(half).toThrow(/memoryBytes/)
    tiny.free(x)
    tiny.free(y)
    expect(() => tiny.free(y)).toThrow(BlasError)
    expect(tiny.float32(15000)).toHaveLength(15000)
  })
  test('works on a memory that is given, shared ones too, within the arena', async () => {
    const memory = new WebAssembly.Memory({ initial: 2, maximum: 2, shared: true })
    const b = await createBlas({ memory, arena: { byteOffset: 65536, byteLength: 65536 } })
    const x = b.float64(3)
    expect(x.byteOffset).toBe(65536)
    x.set([1, 2, 2])
    expect(b.dnrm2(3, x, 1)).toBe(3)
  })
})
