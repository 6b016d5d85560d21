import { expect } from 'vitest'
import {
  ColMajor,
  ConjTrans,
  Left,
  Lower,
  NonUnit,
  NoTrans,
  Right,
  RowMajor,
  Trans,
  Unit,
  Upper,
  createBlas,
  hasRelaxedSimd,
  type Blas,
  type Diag,
  type Order,
  type RealArray,
  type Transpose,
  type Uplo,
} from '../src/index.ts'
import fc from 'fast-check'

// One set of calls for both types: names without their prefix.
type Calls = Record<string, (...args: never[]) => unknown>
type Call = (name: string, ...args: unknown[]) => unknown

export interface Kit {
  readonly Array: Float32ArrayConstructor | Float64ArrayConstructor
  readonly call: Call
  readonly tolerance: number
  allocate(length: number): RealArray
}

/** One instance an instruction set that the engine has. */
export const instances: Readonly<Partial<Record<'simd' | 'relaxed', Blas>>> = {
  simd: await createBlas({ relaxed: false, memoryBytes: 2 ** 24 }),
  ...(hasRelaxedSimd() && { relaxed: await createBlas({ relaxed: true, memoryBytes: 2 ** 24 }) }),
}
export const kit = (variant: 'simd' | 'relaxed', type: 's' | 'd'): Kit => {
  const b = instances[variant]!
  return {
    Array: type === 's' ? Float32Array : Float64Array,
    call: (name, ...args) =>
      (b as unknown as Calls)[name.startsWith('i') ? `i${type}${name.slice(1)}` : type + name]!(...(args as never[])),
    tolerance: type === 's' ? 3e-5 : 1e-12,
    allocate: (length) => (type === 's' ? b.float32(length) : b.float64(length)),
  }
}

export const orders = [RowMajor, ColMajor] as const
export const uplos = [Upper, Lower] as const
export const transposes = [NoTrans, Trans, ConjTrans] as const
export const diags = [NonUnit, Unit] as const
export const sides = [Left, Right] as const
export const size = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 9 }) },
  { weight: 1, arbitrary: fc.integer({ min: 10, max: 70 }) },
)
export const increment = fc.constantFrom(1, 1, 2, -1, -3)
export const scalar = fc.constantFrom(0, 1, -0.5, 2)
export const seed = fc.integer({ min: 1, max: 2 ** 30 })

/** Numbers in [-1, 1). */
export function random(seed: number): () => number {
  let x = seed | 1
  return () => {
    x = (Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0
    return x / 2 ** 31
  }
}
export const filled = (k: Kit, length: number, next: () => number): RealArray =>
  new k.Array(length).map(next) as RealArray

/** A vector argument: the array, and its elements in BLAS order. */
export class Vec {
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
export class Mat {
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
    return Array.from({ length: this.rows }, (_, i) =>
      Array.from({ length: this.columns }, (_, j) => this.array[this.index(i, j)]!),
    )
  }
  with(value: (i: number, j: number, old: number) => number): RealArray {
    const out = this.array.slice() as RealArray
    for (let i = 0; i < this.rows; i++)
      for (let j = 0; j < this.columns; j++) out[this.index(i, j)] = value(i, j, this.array[this.index(i, j)]!)
    return out
  }
}

export const op = (trans: Transpose, a: readonly (readonly number[])[], rows: number, columns: number): number[][] =>
  Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => (trans === NoTrans ? a[i]![j]! : a[j]![i]!)),
  )
export const times = (
  a: readonly (readonly number[])[],
  b: readonly (readonly number[])[],
  m: number,
  n: number,
  k: number,
): number[][] =>
  Array.from({ length: m }, (_, i) =>
    Array.from({ length: n }, (_, j) => {
      let s = 0
      for (let p = 0; p < k; p++) s += a[i]![p]! * b[p]![j]!
      return s
    }),
  )
export const inTriangle = (uplo: Uplo, i: number, j: number): boolean => (uplo === Upper ? j >= i : j <= i)
export const symmetric = (uplo: Uplo, a: readonly (readonly number[])[]): number[][] =>
  a.map((row, i) => row.map((v, j) => (inTriangle(uplo, i, j) ? v : a[j]![i]!)))
export const triangle = (uplo: Uplo, diag: Diag, a: readonly (readonly number[])[]): number[][] =>
  a.map((row, i) => row.map((v, j) => (i === j && diag === Unit ? 1 : inTriangle(uplo, i, j) ? v : 0)))
export const scaled = (beta: number, y: number): number => (beta === 0 ? 0 : beta * y)

export function expectClose(got: RealArray, expected: RealArray, tolerance: number): void {
  let worst = 0
  got.forEach((x, i) => {
    const y = expected[i]!
    if (Object.is(x, y)) return
    const error = Math.abs(x - y) / Math.max(1, Math.abs(y))
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error)
  })
  expect(worst).toBeLessThanOrEqual(tolerance)
}

export const variants = (hasRelaxedSimd() ? (['simd', 'relaxed'] as const) : (['simd'] as const)).flatMap((v) => [
  [v, 's'] as const,
  [v, 'd'] as const,
])
