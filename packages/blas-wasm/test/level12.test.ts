import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NoTrans, Unit, type RealArray } from '../src/index.ts'
import {
  type Kit,
  kit,
  orders,
  uplos,
  transposes,
  diags,
  size,
  increment,
  scalar,
  seed,
  random,
  Vec,
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

  describe('level 1', () => {
    test('copy, swap, axpy, rot, dot agree with loops for any increments', () => {
      const k = setup()
      fc.assert(
        fc.property(size, increment, increment, scalar, seed, (n, incX, incY, alpha, s) => {
          const next = random(s)
          const make = (): [Vec, Vec] => [new Vec(k, n, incX, next), new Vec(k, n, incY, next)]
          const check = (
            name: string,
            head: unknown[],
            tail: unknown[],
            f: (x: number, y: number) => readonly [number, number],
          ): void => {
            const [x, y] = make()
            const pairs = x.values.map((v, i) => f(v, y.values[i]!))
            const [wantX, wantY] = [x.with(pairs.map(([v]) => v)), y.with(pairs.map(([, v]) => v))]
            k.call(name, n, ...head, x.array, incX, y.array, incY, ...tail)
            expectClose(x.array, wantX, k.tolerance)
            expectClose(y.array, wantY, k.tolerance)
          }
          check('copy', [], [], (x) => [x, x])
          check('swap', [], [], (x, y) => [y, x])
          check('axpy', [alpha], [], (x, y) => [x, alpha * x + y])
          check('rot', [], [0.6, -0.8], (x, y) => [0.6 * x - 0.8 * y, 0.6 * y + 0.8 * x])
          const [x, y] = make()
          const dot = x.values.reduce((sum, v, i) => sum + v * y.values[i]!, 0)
          expect(Math.abs((k.call('dot', n, x.array, incX, y.array, incY) as number) - dot)).toBeLessThanOrEqual(
            k.tolerance,
          )
        }),
        runs,
      )
    })
    test('scal, asum, nrm2, iamax agree with loops; increments below 1 give nothing', () => {
      const k = setup()
      fc.assert(
        fc.property(size, increment, scalar, seed, (n, inc, alpha, s) => {
          const x = new Vec(k, n, inc, random(s))
          const values = inc > 0 ? x.values : []
          const close = (name: string, want: number): void =>
            expect(Math.abs((k.call(name, n, x.array, inc) as number) - want)).toBeLessThanOrEqual(
              k.tolerance * Math.max(1, want),
            )
          close(
            'asum',
            values.reduce((sum, v) => sum + Math.abs(v), 0),
          )
          close('nrm2', Math.hypot(...values))
          const sizes = values.map(Math.abs)
          expect(k.call('iamax', n, x.array, inc)).toBe(Math.max(0, sizes.indexOf(Math.max(...sizes))))
          const want = inc > 0 ? x.with(values.map((v) => alpha * v)) : x.array.slice()
          k.call('scal', n, alpha, x.array, inc)
          expectClose(x.array, want as RealArray, k.tolerance)
        }),
        runs,
      )
    })
    test('nrm2 neither overflows nor underflows, and keeps NaN and infinity', () => {
      const k = setup()
      const big = type === 's' ? 1e38 : 1e300
      const norm = (...x: number[]): number => k.call('nrm2', x.length, new k.Array(x), 1) as number
      expect(norm((3 * big) / 5, (4 * big) / 5) / big).toBeCloseTo(1, 6)
      expect((norm(3 / big, 4 / big) * big) / 5).toBeCloseTo(1, 6)
      expect(norm(1, NaN)).toBeNaN()
      expect(norm(1, -Infinity)).toBe(Infinity)
      expect(norm()).toBe(0)
    })
    test('iamax takes the first of ties and, as netlib, a NaN in first place only', () => {
      const k = setup()
      const iamax = (...x: number[]): unknown => k.call('iamax', x.length, new k.Array(x), 1)
      expect([
        iamax(1, -3, 3, 2, 0, 3, -3),
        iamax(NaN, 5, 1, 1, 1),
        iamax(1, NaN, 5, 2, 1, 1, 1),
        iamax(0, 0, 0, 0, 0),
      ]).toEqual([1, 0, 2, 0])
    })
    test('scal by 0 keeps NaN, axpy by 0 ignores it', () => {
      const k = setup()
      const x = new k.Array([NaN, 1, 2, 3, 4])
      const y = new k.Array(5).fill(1)
      k.call('axpy', 5, 0, x, 1, y, 1)
      expect([...y]).toEqual([1, 1, 1, 1, 1])
      k.call('scal', 5, 0, x, 1)
      expect([...x]).toEqual([NaN, 0, 0, 0, 0])
    })
    test('rotg annihilates the second component', () => {
      const k = setup()
      for (const [a, b] of [
        [3, 4],
        [-4, 3],
        [0, 2],
        [2, 0],
        [0, 0],
        [-1, -7],
      ] as const) {
        const { r, c, s } = k.call('rotg', a, b) as { r: number; c: number; s: number }
        expect(c * a + s * b).toBeCloseTo(r, 5)
        expect(c * b - s * a).toBeCloseTo(0, 5)
        expect(c * c + s * s).toBeCloseTo(1, 5)
      }
    })
  })

  describe('level 2', () => {
    test('gemv', () => {
      const k = setup()
      fc.assert(
        fc.property(
          fc.constantFrom(...orders),
          fc.constantFrom(...transposes),
          size,
          size,
          scalar,
          scalar,
          increment,
          increment,
          seed,
          (order, trans, m, n, alpha, beta, incX, incY, s) => {
            const next = random(s)
            const [rows, columns] = trans === NoTrans ? [m, n] : [n, m]
            const [a, x, y] = [
              new Mat(k, order, m, n, s % 3, next),
              new Vec(k, columns, incX, next),
              new Vec(k, rows, incY, next),
            ]
            const product = times(
              op(trans, a.values, rows, columns),
              x.values.map((v) => [v]),
              rows,
              1,
              columns,
            )
            const want =
              m * n === 0
                ? y.array.slice()
                : y.with(y.values.map((v, i) => (alpha === 0 ? 0 : alpha * product[i]![0]!) + scaled(beta, v)))
            k.call('gemv', order, trans, m, n, alpha, a.array, a.ld, x.array, incX, beta, y.array, incY)
            expectClose(y.array, want as RealArray, k.tolerance)
          },
        ),
        runs,
      )
    })
    test('ger, syr, syr2', () => {
      const k = setup()
      fc.assert(
        fc.property(
          fc.constantFrom(...orders),
          fc.constantFrom(...uplos),
          size,
          size,
          scalar,
          increment,
          increment,
          seed,
          (order, uplo, m, n, alpha, incX, incY, s) => {
            const next = random(s)
            const a = new Mat(k, order, m, n, s % 2, next)
            const [x, y] = [new Vec(k, m, incX, next), new Vec(k, n, incY, next)]
            const [xs, ys] = [x.values, y.values]
            const want = a.with((i, j, old) => old + alpha * xs[i]! * ys[j]!)
            k.call('ger', order, m, n, alpha, x.array, incX, y.array, incY, a.array, a.ld)
            expectClose(a.array, want, k.tolerance)
            const [b, v, w] = [
              new Mat(k, order, n, n, s % 2, next),
              new Vec(k, n, incX, next),
              new Vec(k, n, incY, next),
            ]
            const [vs, ws] = [v.values, w.values]
            const rank1 = b.with((i, j, old) => (inTriangle(uplo, i, j) ? old + alpha * vs[i]! * vs[j]! : old))
            k.call('syr', order, uplo, n, alpha, v.array, incX, b.array, b.ld)
            expectClose(b.array, rank1, k.tolerance)
            const rank2 = b.with((i, j, old) =>
              inTriangle(uplo, i, j) ? old + alpha * (vs[i]! * ws[j]! + ws[i]! * vs[j]!) : old,
            )
            k.call('syr2', order, uplo, n, alpha, v.array, incX, w.array, incY, b.array, b.ld)
            expectClose(b.array, rank2, k.tolerance)
          },
        ),
        runs,
      )
    })
    test('symv reads the named triangle only', () => {
      const k = setup()
      fc.assert(
        fc.property(
          fc.constantFrom(...orders),
          fc.constantFrom(...uplos),
          size,
          scalar,
          scalar,
          increment,
          increment,
          seed,
          (order, uplo, n, alpha, beta, incX, incY, s) => {
            const next = random(s)
            const [a, x, y] = [
              new Mat(k, order, n, n, s % 2, next),
              new Vec(k, n, incX, next),
              new Vec(k, n, incY, next),
            ]
            const product = times(
              symmetric(uplo, a.values),
              x.values.map((v) => [v]),
              n,
              1,
              n,
            )
            const want = y.with(y.values.map((v, i) => (alpha === 0 ? 0 : alpha * product[i]![0]!) + scaled(beta, v)))
            a.array.set(a.with((i, j, old) => (inTriangle(uplo, i, j) ? old : NaN)))
            k.call('symv', order, uplo, n, alpha, a.array, a.ld, x.array, incX, beta, y.array, incY)
            expectClose(y.array, want, k.tolerance)
          },
        ),
        runs,
      )
    })
    test('trmv multiplies, trsv undoes it', () => {
      const k = setup()
      fc.assert(
        fc.property(
          fc.constantFrom(...orders),
          fc.constantFrom(...uplos),
          fc.constantFrom(...transposes),
          fc.constantFrom(...diags),
          size,
          increment,
          seed,
          (order, uplo, trans, diag, n, inc, s) => {
            const next = random(s)
            const [a, x] = [new Mat(k, order, n, n, s % 2, next), new Vec(k, n, inc, next)]
            // Small off the diagonal, so that the solution is well determined.
            a.array.set(
              a.with((i, j, old) =>
                i === j ? (diag === Unit ? NaN : 1.5 + old / 2) : inTriangle(uplo, i, j) ? old / n : NaN,
              ),
            )
            const start = x.array.slice() as RealArray
            const product = times(
              op(trans, triangle(uplo, diag, a.values), n, n),
              x.values.map((v) => [v]),
              n,
              1,
              n,
            )
            const want = x.with(product.map(([v]) => v!))
            k.call('trmv', order, uplo, trans, diag, n, a.array, a.ld, x.array, inc)
            expectClose(x.array, want, k.tolerance)
            k.call('trsv', order, uplo, trans, diag, n, a.array, a.ld, x.array, inc)
            expectClose(x.array, start, 4 * k.tolerance)
          },
        ),
        runs,
      )
    })
  })
})
