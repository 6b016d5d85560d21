import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  BlasError, ColMajor, ConjTrans, Left, Lower, NonUnit, NoTrans, Right, RowMajor, Trans, Unit, Upper, createBlas, hasRelaxedSimd,
  type Blas, type Diag, type Order, type RealArray, type Side, type Transpose, type Uplo,
} from '../src/index.ts'

// One set of calls for both types: names without their prefix.
type Calls = Record<string, (...args: never[]) => unknown>
type Call = (name: string, ...args: unknown[]) => unknown

interface Kit {
  readonly Array: Float32ArrayConstructor | Float64ArrayConstructor
  readonly call: Call
  readonly tolerance: number
  allocate(length: number): RealArray
}

const blas: Partial<Record<'simd' | 'relaxed', Blas>> = {}
beforeAll(async () => {
  blas.simd = await createBlas({ relaxed: false, memoryBytes: 2 ** 24 })
  if (hasRelaxedSimd()) blas.relaxed = await createBlas({ relaxed: true, memoryBytes: 2 ** 24 })
})
const kit = (variant: 'simd' | 'relaxed', type: 's' | 'd'): Kit => {
  const b = blas[variant]!
  return {
    Array: type === 's' ? Float32Array : Float64Array,
    call: (name, ...args) => (b as unknown as Calls)[name.startsWith('i') ? `i${type}${name.slice(1)}` : type + name]!(...(args as never[])),
    tolerance: type === 's' ? 3e-5 : 1e-12,
    allocate: (length) => (type === 's' ? b.float32(length) : b.float64(length)),
  }
}

const orders = [RowMajor, ColMajor] as const
const uplos = [Upper, Lower] as const
const transposes = [NoTrans, Trans, ConjTrans] as const
const diags = [NonUnit, Unit] as const
const sides = [Left, Right] as const
const size = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 0, max: 9 }) }, { weight: 1, arbitrary: fc.integer({ min: 10, max: 70 }) })
const increment = fc.constantFrom(1, 1, 2, -1, -3)
const scalar = fc.constantFrom(0, 1, -0.5, 2)
const seed = fc.integer({ min: 1, max: 2 ** 30 })

/** Numbers in [-1, 1). */
function random(seed: number): () => number {
  let x = seed | 1
  return () => {
    x = (Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    return x / 2 ** 31
  }
}
const filled = (k: Kit, length: number, next: () => number): RealArray => new k.Array(length).map(next) as RealArray

/** A vector argument: the array, and its elements in BLAS order. */
class Vec {
  readonly array: RealArray
  readonly inc: number
  readonly n: number
  constructor(k: Kit, n: number, inc: number, next: () => number) {
    this.array = filled(k, (Math.max(n, 1) - 1) * Math.abs(inc) + 2, next)
    this.inc = inc
    this.n = n
  }
  index(i: number): number {
    return this.inc > 0 ? i * this.inc : (i - this.n + 1) * this.inc
  }
  get values(): number[] {
    return Array.from({ length: this.n }, (_, i) => this.array[this.index(i)]!)
  }
  /** The array with these elements, everything between them as it was. */
  with(values: readonly number[]): RealArray {
    const out = this.array.slice() as RealArray
    values.forEach((v, i) => (out[this.index(i)] = v))
    return out
  }
}

/** A matrix argument, one element longer than it needs to be. */
class Mat {
  readonly array: RealArray
  readonly ld: number
  readonly rows: number
  readonly columns: number
  readonly order: Order
  constructor(k: Kit, order: Order, rows: number, columns: number, pad: number, next: () => number) {
    this.ld = Math.max(1, order === RowMajor ? columns : rows) + pad
    this.array = filled(k, this.ld * Math.max(order === RowMajor ? rows : columns, 1) + 1, next)
    this.rows = rows
    this.columns = columns
    this.order = order
  }
  index(i: number, j: number): number {
    return this.order === RowMajor ? i * this.ld + j : j * this.ld + i
  }
  get values(): number[][] {
    return Array.from({ length: this.rows }, (_, i) => Array.from({ length: this.columns }, (_, j) => this.array[this.index(i, j)]!))
  }
  with(value: (i: number, j: number, old: number) => number): RealArray {
    const out = this.array.slice() as RealArray
    for (let i = 0; i < this.rows; i++) for (let j = 0; j < this.columns; j++) out[this.index(i, j)] = value(i, j, this.array[this.index(i, j)]!)
    return out
  }
}

const op = (trans: Transpose, a: readonly (readonly number[])[], rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => (trans === NoTrans ? a[i]![j]! : a[j]![i]!)))
const times = (a: readonly (readonly number[])[], b: readonly (readonly number[])[], m: number, n: number, k: number): number[][] =>
  Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => { let s = 0; for (let p = 0; p < k; p++) s += a[i]![p]! * b[p]![j]!; return s }))
const inTriangle = (uplo: Uplo, i: number, j: number): boolean => (uplo === Upper ? j >= i : j <= i)
const symmetric = (uplo: Uplo, a: readonly (readonly number[])[]): number[][] => a.map((row, i) => row.map((v, j) => (inTriangle(uplo, i, j) ? v : a[j]![i]!)))
const triangle = (uplo: Uplo, diag: Diag, a: readonly (readonly number[])[]): number[][] =>
  a.map((row, i) => row.map((v, j) => (i === j && diag === Unit ? 1 : inTriangle(uplo, i, j) ? v : 0)))
const scaled = (beta: number, y: number): number => (beta === 0 ? 0 : beta * y)

function expectClose(got: RealArray, expected: RealArray, tolerance: number): void {
  let worst = 0
  got.forEach((x, i) => {
    const y = expected[i]!
    if (Object.is(x, y)) return
    const error = Math.abs(x - y) / Math.max(1, Math.abs(y))
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error)
  })
  expect(worst).toBeLessThanOrEqual(tolerance)
}

const variants = (hasRelaxedSimd() ? (['simd', 'relaxed'] as const) : (['simd'] as const)).flatMap((v) => [[v, 's'] as const, [v, 'd'] as const])

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
          const check = (name: string, head: unknown[], tail: unknown[], f: (x: number, y: number) => readonly [number, number]): void => {
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
          expect(Math.abs((k.call('dot', n, x.array, incX, y.array, incY) as number) - dot)).toBeLessThanOrEqual(k.tolerance)
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
          const close = (name: string, want: number): void => expect(Math.abs((k.call(name, n, x.array, inc) as number) - want)).toBeLessThanOrEqual(k.tolerance * Math.max(1, want))
          close('asum', values.reduce((sum, v) => sum + Math.abs(v), 0))
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
      expect(norm(3 * big / 5, 4 * big / 5) / big).toBeCloseTo(1, 6)
      expect((norm(3 / big, 4 / big) * big) / 5).toBeCloseTo(1, 6)
      expect(norm(1, NaN)).toBeNaN()
      expect(norm(1, -Infinity)).toBe(Infinity)
      expect(norm()).toBe(0)
    })
    test('iamax takes the first of ties and, as netlib, a NaN in first place only', () => {
      const k = setup()
      const iamax = (...x: number[]): unknown => k.call('iamax', x.length, new k.Array(x), 1)
      expect([iamax(1, -3, 3, 2, 0, 3, -3), iamax(NaN, 5, 1, 1, 1), iamax(1, NaN, 5, 2, 1, 1, 1), iamax(0, 0, 0, 0, 0)]).toEqual([1, 0, 2, 0])
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
      for (const [a, b] of [[3, 4], [-4, 3], [0, 2], [2, 0], [0, 0], [-1, -7]] as const) {
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
        fc.property(fc.constantFrom(...orders), fc.constantFrom(...transposes), size, size, scalar, scalar, increment, increment, seed, (order, trans, m, n, alpha, beta, incX, incY, s) => {
          const next = random(s)
          const [rows, columns] = trans === NoTrans ? [m, n] : [n, m]
          const [a, x, y] = [new Mat(k, order, m, n, s % 3, next), new Vec(k, columns, incX, next), new Vec(k, rows, incY, next)]
          const product = times(op(trans, a.values, rows, columns), x.values.map((v) => [v]), rows, 1, columns)
          const want = m * n === 0 ? y.array.slice() : y.with(y.values.map((v, i) => (alpha === 0 ? 0 : alpha * product[i]![0]!) + scaled(beta, v)))
          k.call('gemv', order, trans, m, n, alpha, a.array, a.ld, x.array, incX, beta, y.array, incY)
          expectClose(y.array, want as RealArray, k.tolerance)
        }),
        runs,
      )
    })
    test('ger, syr, syr2', () => {
      const k = setup()
      fc.assert(
        fc.property(fc.constantFrom(...orders), fc.constantFrom(...uplos), size, size, scalar, increment, increment, seed, (order, uplo, m, n, alpha, incX, incY, s) => {
          const next = random(s)
          const a = new Mat(k, order, m, n, s % 2, next)
          const [x, y] = [new Vec(k, m, incX, next), new Vec(k, n, incY, next)]
          const [xs, ys] = [x.values, y.values]
          const want = a.with((i, j, old) => old + alpha * xs[i]! * ys[j]!)
          k.call('ger', order, m, n, alpha, x.array, incX, y.array, incY, a.array, a.ld)
          expectClose(a.array, want, k.tolerance)
          const [b, v, w] = [new Mat(k, order, n, n, s % 2, next), new Vec(k, n, incX, next), new Vec(k, n, incY, next)]
          const [vs, ws] = [v.values, w.values]
          const rank1 = b.with((i, j, old) => (inTriangle(uplo, i, j) ? old + alpha * vs[i]! * vs[j]! : old))
          k.call('syr', order, uplo, n, alpha, v.array, incX, b.array, b.ld)
          expectClose(b.array, rank1, k.tolerance)
          const rank2 = b.with((i, j, old) => (inTriangle(uplo, i, j) ? old + alpha * (vs[i]! * ws[j]! + ws[i]! * vs[j]!) : old))
          k.call('syr2', order, uplo, n, alpha, v.array, incX, w.array, incY, b.array, b.ld)
          expectClose(b.array, rank2, k.tolerance)
        }),
        runs,
      )
    })
    test('symv reads the named triangle only', () => {
      const k = setup()
      fc.assert(
        fc.property(fc.constantFrom(...orders), fc.constantFrom(...uplos), size, scalar, scalar, increment, increment, seed, (order, uplo, n, alpha, beta, incX, incY, s) => {
          const next = random(s)
          const [a, x, y] = [new Mat(k, order, n, n, s % 2, next), new Vec(k, n, incX, next), new Vec(k, n, incY, next)]
          const product = times(symmetric(uplo, a.values), x.values.map((v) => [v]), n, 1, n)
          const want = y.with(y.values.map((v, i) => (alpha === 0 ? 0 : alpha * product[i]![0]!) + scaled(beta, v)))
          a.array.set(a.with((i, j, old) => (inTriangle(uplo, i, j) ? old : NaN)))
          k.call('symv', order, uplo, n, alpha, a.array, a.ld, x.array, incX, beta, y.array, incY)
          expectClose(y.array, want, k.tolerance)
        }),
        runs,
      )
    })
    test('trmv multiplies, trsv undoes it', () => {
      const k = setup()
      fc.assert(
        fc.property(
          fc.constantFrom(...orders), fc.constantFrom(...uplos), fc.constantFrom(...transposes), fc.constantFrom(...diags), size, increment, seed,
          (order, uplo, trans, diag, n, inc, s) => {
            const next = random(s)
            const [a, x] = [new Mat(k, order, n, n, s % 2, next), new Vec(k, n, inc, next)]
            // Small off the diagonal, so that the solution is well determined.
            a.array.set(a.with((i, j, old) => (i === j ? (diag === Unit ? NaN : 1.5 + old / 2) : inTriangle(uplo, i, j) ? old / n : NaN)))
            const start = x.array.slice() as RealArray
            const product = times(op(trans, triangle(uplo, diag, a.values), n, n), x.values.map((v) => [v]), n, 1, n)
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

  describe('level 3', () => {
    test('gemm', () => {
      const k = setup()
      fc.assert(
        fc.property(
          fc.constantFrom(...orders), fc.constantFrom(...transposes), fc.constantFrom(...transposes), size, size, size, scalar, scalar, seed,
          (order, transA, transB, m, n, depth, alpha, beta, s) => {
            const next = random(s)
            const a = new Mat(k, order, ...(transA === NoTrans ? [m, depth] as const : [depth, m] as const), s % 3, next)
            const b = new Mat(k, order, ...(transB === NoTrans ? [depth, n] as const : [n, depth] as const), s % 2, next)
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
        fc.property(fc.constantFrom(...orders), fc.constantFrom(...sides), fc.constantFrom(...uplos), size, size, scalar, scalar, seed, (order, side, uplo, m, n, alpha, beta, s) => {
          const next = random(s)
          const dim = side === Left ? m : n
          const [a, b, c] = [new Mat(k, order, dim, dim, s % 2, next), new Mat(k, order, m, n, s % 3, next), new Mat(k, order, m, n, 0, next)]
          const whole = symmetric(uplo, a.values)
          const product = side === Left ? times(whole, b.values, m, n, m) : times(b.values, whole, m, n, n)
          const want = c.with((i, j, old) => (alpha === 0 ? 0 : alpha * product[i]![j]!) + scaled(beta, old))
          a.array.set(a.with((i, j, old) => (inTriangle(uplo, i, j) ? old : NaN)))
          k.call('symm', order, side, uplo, m, n, alpha, a.array, a.ld, b.array, b.ld, beta, c.array, c.ld)
          expectClose(c.array, want, k.tolerance)
        }),
        runs,
      )
    })
    test('syrk and syr2k write the named triangle only', () => {
      const k = setup()
      const dims = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 12 }) }, { weight: 1, arbitrary: fc.integer({ min: 60, max: 140 }) })
      fc.assert(
        fc.property(fc.constantFrom(...orders), fc.constantFrom(...uplos), fc.constantFrom(...transposes), dims, size, scalar, scalar, seed, (order, uplo, trans, n, depth, alpha, beta, s) => {
          const next = random(s)
          const shape = trans === NoTrans ? ([n, depth] as const) : ([depth, n] as const)
          const [a, b] = [new Mat(k, order, ...shape, s % 2, next), new Mat(k, order, ...shape, s % 3, next)]
          const [left, right] = [op(trans, a.values, n, depth), op(trans, b.values, n, depth)]
          const flip = (v: number[][]): number[][] => op(Trans, v, depth, n)
          const [square, mixed] = [times(left, flip(left), n, n, depth), times(left, flip(right), n, n, depth)]
          const update = (old: number, product: number): number => (alpha === 0 ? 0 : alpha * product) + scaled(beta, old)
          for (const name of ['syrk', 'syr2k'] as const) {
            const c = new Mat(k, order, n, n, s % 2, next)
            const want = c.with((i, j, old) => (inTriangle(uplo, i, j) ? update(old, name === 'syrk' ? square[i]![j]! : mixed[i]![j]! + mixed[j]![i]!) : old))
            const second = name === 'syrk' ? [] : [b.array, b.ld]
            k.call(name, order, uplo, trans, n, depth, alpha, a.array, a.ld, ...second, beta, c.array, c.ld)
            expectClose(c.array, want, 2 * k.tolerance)
          }
        }),
        runs,
      )
    })
    test('trmm multiplies, trsm undoes it', () => {
      const k = setup()
      const dims = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 0, max: 12 }) }, { weight: 1, arbitrary: fc.integer({ min: 14, max: 80 }) })
      fc.assert(
        fc.property(
          fc.constantFrom(...orders), fc.constantFrom(...sides), fc.constantFrom(...uplos), fc.constantFrom(...transposes), fc.constantFrom(...diags), dims, dims, fc.constantFrom(1, 0.5, 0), seed,
          (order, side, uplo, trans, diag, m, n, alpha, s) => {
            const next = random(s)
            const dim = side === Left ? m : n
            const [a, b] = [new Mat(k, order, dim, dim, s % 2, next), new Mat(k, order, m, n, s % 3, next)]
            a.array.set(a.with((i, j, old) => (i === j ? (diag === Unit ? NaN : 1.5 + old / 2) : inTriangle(uplo, i, j) ? old / dim : NaN)))
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

  test('arrays in the instance memory give the bits that copies give, and are changed in place', () => {
    const k = setup()
    const [m, n, depth] = [17, 23, 31]
    const next = random(7)
    const [a, b, c] = [filled(k, m * depth, next), filled(k, depth * n, next), filled(k, m * n, next)]
    const own = [a, b, c].map((x) => { const y = k.allocate(x.length); y.set(x); return y }) as [RealArray, RealArray, RealArray]
    const run = (x: RealArray, y: RealArray, z: RealArray): unknown => k.call('gemm', RowMajor, NoTrans, NoTrans, m, n, depth, 1, x, depth, y, n, 1, z, n)
    run(a, b, c)
    run(...own)
    expect(own[2]).toEqual(c)
    for (const x of own) (variant === 'simd' ? blas.simd! : blas.relaxed!).free(x)
  })
})

describe('arguments', () => {
  const small = new Float32Array(4)
  test.each([
    ['a leading dimension below the row', () => blas.simd!.sgemm(RowMajor, NoTrans, NoTrans, 2, 2, 2, 1, small, 1, small, 2, 0, small, 2), /lda must be at least 2, got 1/],
    ['an array that is too short', () => blas.simd!.sgemm(RowMajor, NoTrans, NoTrans, 3, 2, 2, 1, small, 2, small, 2, 0, small, 2), /a must hold 6 elements.*got 4/],
    ['a negative size', () => blas.simd!.sdot(-1.5, small, 0, small, 1), /incX|whole number/],
    ['an increment of 0', () => blas.simd!.saxpy(2, 1, small, 0, small, 1), /incX/],
    ['an order that is none', () => blas.simd!.sgemv(7 as Order, NoTrans, 2, 2, 1, small, 2, small, 1, 0, small, 1), /order must be one of 101, 102, got 7/],
    ['a side that is none', () => blas.simd!.strsm(RowMajor, 1 as Side, Upper, NoTrans, Unit, 2, 2, 1, small, 2, small, 2), /side/],
    ['the other type', () => blas.simd!.sdot(2, new Float64Array(2) as never, 1, small, 1), /Float32Array, got Float64Array/],
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
