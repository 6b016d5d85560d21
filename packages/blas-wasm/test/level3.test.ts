import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Left, NonUnit, NoTrans, RowMajor, Trans, Unit, Upper, type RealArray } from '../src/index.ts'
import {
  type Kit,
  kit,
  orders,
  uplos,
  transposes,
  diags,
  sides,
  size,
  scalar,
  seed,
  random,
  Mat,
  op,
  times,
  inTriangle,
  symmetric,
  triangle,
  scaled,
  expectClose,
  variants,
} from './support.ts'

describe.each(variants)('%s, %s', (variant, type) => {
  const setup = (): Kit => kit(variant, type)
  const runs = { numRuns: 60 }

  describe('level 3', () => {
    test('gemm', () => {
      const k = setup()
      fc.assert(
        fc.property(
          fc.constantFrom(...orders),
          fc.constantFrom(...transposes),
          fc.constantFrom(...transposes),
          size,
          size,
          size,
          scalar,
          scalar,
          seed,
          (order, transA, transB, m, n, depth, alpha, beta, s) => {
            const next = random(s)
            const a = new Mat(
              k,
              order,
              ...(transA === NoTrans ? ([m, depth] as const) : ([depth, m] as const)),
              s % 3,
              next,
            )
            const b = new Mat(
              k,
              order,
              ...(transB === NoTrans ? ([depth, n] as const) : ([n, depth] as const)),
              s % 2,
              next,
            )
            const c = new Mat(k, order, m, n, s % 4, next)
            const product = times(op(transA, a.values, m, depth), op(transB, b.values, depth, n), m, n, depth)
            const want = c.with((i, j, old) => (alpha === 0 ? 0 : alpha * product[i]![j]!) + scaled(beta, old))
            k.call('gemm', order, transA, transB, m, n, depth, alpha, a.array, a.ld, b.array, b.ld, beta, c.array, c.ld)
            expectClose(c.array, want, k.tolerance)
          },
        ),
        runs,
      )
    })
    test('symm reads the named triangle only', () => {
      const k = setup()
      fc.assert(
        fc.property(
          fc.constantFrom(...orders),
          fc.constantFrom(...sides),
          fc.constantFrom(...uplos),
          size,
          size,
          scalar,
          scalar,
          seed,
          (order, side, uplo, m, n, alpha, beta, s) => {
            const next = random(s)
            const dim = side === Left ? m : n
            const [a, b, c] = [
              new Mat(k, order, dim, dim, s % 2, next),
              new Mat(k, order, m, n, s % 3, next),
              new Mat(k, order, m, n, 0, next),
            ]
            const whole = symmetric(uplo, a.values)
            const product = side === Left ? times(whole, b.values, m, n, m) : times(b.values, whole, m, n, n)
            const want = c.with((i, j, old) => (alpha === 0 ? 0 : alpha * product[i]![j]!) + scaled(beta, old))
            a.array.set(a.with((i, j, old) => (inTriangle(uplo, i, j) ? old : NaN)))
            k.call('symm', order, side, uplo, m, n, alpha, a.array, a.ld, b.array, b.ld, beta, c.array, c.ld)
            expectClose(c.array, want, k.tolerance)
          },
        ),
        runs,
      )
    })
    test('syrk and syr2k write the named triangle only', () => {
      const k = setup()
      const dims = fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 12 }) },
        { weight: 1, arbitrary: fc.integer({ min: 60, max: 100 }) },
      )
      fc.assert(
        fc.property(
          fc.constantFrom(...orders),
          fc.constantFrom(...uplos),
          fc.constantFrom(...transposes),
          dims,
          size,
          scalar,
          scalar,
          seed,
          (order, uplo, trans, n, depth, alpha, beta, s) => {
            const next = random(s)
            const shape = trans === NoTrans ? ([n, depth] as const) : ([depth, n] as const)
            const [a, b] = [new Mat(k, order, ...shape, s % 2, next), new Mat(k, order, ...shape, s % 3, next)]
            const [left, right] = [op(trans, a.values, n, depth), op(trans, b.values, n, depth)]
            const flip = (v: number[][]): number[][] => op(Trans, v, depth, n)
            const [square, mixed] = [times(left, flip(left), n, n, depth), times(left, flip(right), n, n, depth)]
            const update = (old: number, product: number): number =>
              (alpha === 0 ? 0 : alpha * product) + scaled(beta, old)
            for (const name of ['syrk', 'syr2k'] as const) {
              const c = new Mat(k, order, n, n, s % 2, next)
              const want = c.with((i, j, old) =>
                inTriangle(uplo, i, j)
                  ? update(old, name === 'syrk' ? square[i]![j]! : mixed[i]![j]! + mixed[j]![i]!)
                  : old,
              )
              const second = name === 'syrk' ? [] : [b.array, b.ld]
              k.call(name, order, uplo, trans, n, depth, alpha, a.array, a.ld, ...second, beta, c.array, c.ld)
              expectClose(c.array, want, 2 * k.tolerance)
            }
          },
        ),
        runs,
      )
    })
    test('trmm multiplies, trsm undoes it', () => {
      const k = setup()
      const dims = fc.oneof(
        { weight: 3, arbitrary: fc.integer({ min: 0, max: 12 }) },
        { weight: 1, arbitrary: fc.integer({ min: 14, max: 80 }) },
      )
      fc.assert(
        fc.property(
          fc.constantFrom(...orders),
          fc.constantFrom(...sides),
          fc.constantFrom(...uplos),
          fc.constantFrom(...transposes),
          fc.constantFrom(...diags),
          dims,
          dims,
          fc.constantFrom(1, 0.5, 0),
          seed,
          (order, side, uplo, trans, diag, m, n, alpha, s) => {
            const next = random(s)
            const dim = side === Left ? m : n
            const [a, b] = [new Mat(k, order, dim, dim, s % 2, next), new Mat(k, order, m, n, s % 3, next)]
            a.array.set(
              a.with((i, j, old) =>
                i === j ? (diag === Unit ? NaN : 1.5 + old / 2) : inTriangle(uplo, i, j) ? old / dim : NaN,
              ),
            )
            const start = b.array.slice() as RealArray
            const t = op(trans, triangle(uplo, diag, a.values), dim, dim)
            const product = side === Left ? times(t, b.values, m, n, m) : times(b.values, t, m, n, n)
            const want = b.with((i, j) => (alpha === 0 ? 0 : alpha * product[i]![j]!))
            k.call('trmm', order, side, uplo, trans, diag, m, n, alpha, a.array, a.ld, b.array, b.ld)
            expectClose(b.array, want, k.tolerance)
            if (alpha === 0) return
            k.call('trsm', order, side, uplo, trans, diag, m, n, 1 / alpha, a.array, a.ld, b.array, b.ld)
            expectClose(b.array, start, 8 * k.tolerance)
          },
        ),
        runs,
      )
    })
    test('trsm divides: a tiny pivot gives infinity, not NaN for a zero right side', () => {
      const k = setup()
      const tiny = type === 's' ? 1e-44 : 1e-322
      const b = new k.Array([1, 0])
      k.call('trsm', RowMajor, Left, Upper, NoTrans, NonUnit, 1, 2, 1, new k.Array([tiny]), 1, b, 2)
      expect([...b]).toEqual([Infinity, 0])
    })
    test('NaN in the part of C or B that beta 0 or alpha 0 leaves out does not spread', () => {
      const k = setup()
      const nan = (): RealArray => new k.Array(9).fill(NaN)
      const ones = (): RealArray => new k.Array(9).fill(1)
      const c = nan()
      k.call('gemm', RowMajor, NoTrans, NoTrans, 3, 3, 3, 1, ones(), 3, ones(), 3, 0, c, 3)
      expect([...c]).toEqual(Array(9).fill(3))
      k.call('gemm', RowMajor, NoTrans, NoTrans, 3, 3, 3, 0, nan(), 3, nan(), 3, 2, c, 3)
      expect([...c]).toEqual(Array(9).fill(6))
      const b = nan()
      k.call('trmm', RowMajor, Left, Upper, NoTrans, NonUnit, 3, 3, 0, ones(), 3, b, 3)
      expect([...b]).toEqual(Array(9).fill(0))
    })
  })
})
