import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  createModule,
  cutGemm,
  emitGemm,
  emitProduct,
  gemmScratchBytes,
  hasRelaxedSimd,
  type Real,
} from '../src/index.ts'

type Gemm = (...args: number[]) => void

const memory = new WebAssembly.Memory({ initial: 256 })
const place = { a: 1 << 12, b: 4 << 20, c: 8 << 20, scratch: 12 << 20 }

function compile(type: Real, relaxed: boolean): Gemm {
  const m = createModule()
  m.importMemory()
  emitGemm(m, { type, relaxed, export: 'gemm' })
  return new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory } }).exports.gemm as Gemm
}

const arrays = { f32: Float32Array, f64: Float64Array }
const tolerance = { f32: 2e-5, f64: 1e-13 }
const variants = (['f32', 'f64'] as const).flatMap((type) =>
  [false, ...(hasRelaxedSimd() ? [true] : [])].map((relaxed) => ({ type, relaxed })),
)

/** A strided matrix of numbers in [-1, 1), by a small generator so that failures can be shrunk. */
function fill(view: Float32Array | Float64Array, seed: number): void {
  let x = seed | 1
  for (let k = 0; k < view.length; k++) {
    x = (Math.imul(x, 1664525) + 1013904223) | 0
    view[k] = x / 2 ** 31
  }
}

const layouts = ['rows', 'columns', 'spread', 'reversed'] as const
/** Strides and the offset of element (0, 0), for rows x columns numbers. */
function layout(
  kind: (typeof layouts)[number],
  rows: number,
  columns: number,
  pad: number,
): [row: number, column: number, origin: number] {
  if (kind === 'rows') return [columns + pad, 1, 0]
  if (kind === 'columns') return [1, rows + pad, 0]
  if (kind === 'spread') return [2 * (columns + pad), 2, 0]
  return [-(columns + pad), 1, (columns + pad) * Math.max(rows - 1, 0)]
}

describe.each(variants)('gemm $type, relaxed $relaxed', ({ type, relaxed }) => {
  const gemm = compile(type, relaxed)
  const bytes = arrays[type].BYTES_PER_ELEMENT
  const view = (at: number, length: number): Float32Array | Float64Array => new arrays[type](memory.buffer, at, length)

  const check = (
    m: number,
    n: number,
    k: number,
    la: (typeof layouts)[number],
    lb: (typeof layouts)[number],
    pad: number,
    alpha: number,
    beta: number,
  ): void => {
    const [rsA, csA, oA] = layout(la, m, k, pad)
    const [rsB, csB, oB] = layout(lb, k, n, pad)
    const ldc = n + pad
    const a = view(place.a, 2 * (m + pad + 1) * (k + pad + 1))
    const b = view(place.b, 2 * (n + pad + 1) * (k + pad + 1))
    const c = view(place.c, m * ldc + 4)
    for (const [v, seed] of [
      [a, m],
      [b, n],
      [c, k],
    ] as const)
      fill(v, seed)
    if (beta === 0) for (let i = 0; i < m; i++) c.fill(NaN, i * ldc, i * ldc + n)
    const before = c.slice()
    const scratchBytes = gemmScratchBytes(type, m, n, k)
    const guard = new Uint8Array(memory.buffer, place.scratch + scratchBytes, 64).fill(77)
    gemm(
      place.a + oA * bytes,
      rsA,
      csA,
      place.b + oB * bytes,
      rsB,
      csB,
      place.c,
      ldc,
      m,
      n,
      k,
      alpha,
      beta,
      place.scratch,
    )
    const expected = before.slice()
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        let sum = 0
        for (let p = 0; p < k; p++) sum += a[oA + i * rsA + p * csA]! * b[oB + p * rsB + j * csB]!
        expected[i * ldc + j] = (alpha === 0 ? 0 : alpha * sum) + (beta === 0 ? 0 : beta * before[i * ldc + j]!)
      }
    let worst = 0
    const bound = tolerance[type] * Math.max(1, Math.sqrt(k) / 4)
    c.forEach((x, p) => (worst = Math.max(worst, Object.is(x, expected[p]) ? 0 : Math.abs(x - expected[p]!))))
    expect(worst).toBeLessThan(bound)
    expect(guard.every((x) => x === 77)).toBe(true)
  }

  test('agrees with three loops for any sizes, strides, alpha and beta, and stays inside C and its scratch', () => {
    const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 21, max: 80 }))
    fc.assert(
      fc.property(
        size,
        size,
        fc.oneof(fc.constant(0), size),
        fc.constantFrom(...layouts),
        fc.constantFrom(...layouts),
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom(1, 0, -0.75),
        fc.constantFrom(0, 1, 0.5),
        check,
      ),
      { numRuns: 120 },
    )
  })
  test.each([
    [130, 70, 700, 'rows', 'rows'],
    [257, 37, 330, 'columns', 'columns'],
    [9, 1100, 321, 'rows', 'columns'],
    [66, 516, 65, 'columns', 'rows'],
    [200, 270, 330, 'columns', 'rows'],
    [141, 261, 70, 'spread', 'reversed'],
  ] as const)('crosses cache blocks: %i x %i x %i', (m, n, k, la, lb) => check(m, n, k, la, lb, 1, 0.5, -1))

  test('packs panels of any height, from rows and from columns', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 45 }),
        fc.integer({ min: 1, max: 13 }),
        fc.constantFrom(...layouts),
        fc.constantFrom(...layouts),
        (m, k, la, lb) => check(m, 259, k, la, lb, 1, 1, 0),
      ),
      { numRuns: 60 },
    )
  })

  test('the bits of an element do not depend on what is read in place: rows and columns around each limit, lines powers of two apart', () => {
    const k = 70
    for (const apart of [300, 512, 1024]) {
      fill(view(place.a, 520 * k), 3)
      fill(view(place.b, k * apart), 5)
      for (const turned of [false, true]) {
        const c = view(place.c, 200 * apart)
        const ldc = apart
        const [rsA, csA] = turned ? [1, apart / 2] : [k, 1]
        gemm(place.a, rsA, csA, place.b, apart, 1, place.c, ldc, 200, apart, k, 1, 0, place.scratch)
        const whole = c.slice()
        for (const [m, n] of [
          [6, apart],
          [7, apart],
          [36, 200],
          [37, 200],
          [192, 64],
          [193, 64],
          [150, 128],
          [150, 129],
          [150, 256],
          [150, 257],
        ] as const) {
          for (let i = 0; i < m; i++) c.fill(NaN, i * ldc, i * ldc + n)
          gemm(place.a, rsA, csA, place.b, apart, 1, place.c, ldc, m, n, k, 1, 0, place.scratch)
          expect(c.every((x, p) => Object.is(x, whole[p]))).toBe(true)
        }
      }
    }
  })
  test('alpha 0 ignores NaN in A and B, beta 0 ignores NaN in C, and NaN in A reaches only its own row', () => {
    const [m, n, k] = [5, 11, 6]
    const [a, b, c] = [view(place.a, m * k), view(place.b, k * n), view(place.c, m * n)]
    const call = (alpha: number, beta: number): void =>
      gemm(place.a, k, 1, place.b, n, 1, place.c, n, m, n, k, alpha, beta, place.scratch)
    a.fill(NaN)
    b.fill(NaN)
    c.fill(2)
    call(0, 3)
    expect(c.every((x) => x === 6)).toBe(true)
    a.fill(1)
    b.fill(1)
    c.fill(NaN)
    call(1, 0)
    expect(c.every((x) => x === k)).toBe(true)
    a[3 * k + 2] = NaN
    call(1, 0)
    expect([...c].map((x, p) => Number.isNaN(x) === (Math.floor(p / n) === 3)).every(Boolean)).toBe(true)
  })
  test('sizes of zero: no rows or columns touch nothing, no terms scale C', () => {
    const c = view(place.c, 6)
    c.fill(4)
    gemm(place.a, 1, 1, place.b, 1, 1, place.c, 3, 0, 3, 5, 1, 0, place.scratch)
    gemm(place.a, 1, 1, place.b, 1, 1, place.c, 3, 2, 0, 5, 1, 0, place.scratch)
    expect([...c]).toEqual([4, 4, 4, 4, 4, 4])
    gemm(place.a, 1, 1, place.b, 1, 1, place.c, 3, 2, 3, 0, 1, 0.5, place.scratch)
    expect([...c]).toEqual([2, 2, 2, 2, 2, 2])
  })
  test('the bits of an element do not depend on how C is cut into pieces', () => {
    const [m, n, k] = [150, 45, 333]
    fill(view(place.a, m * k), 3)
    fill(view(place.b, k * n), 5)
    const c = view(place.c, m * n)
    const piece = (i: number, j: number, rows: number, columns: number): void =>
      gemm(
        place.a + i * k * bytes,
        k,
        1,
        place.b + j * bytes,
        n,
        1,
        place.c + (i * n + j) * bytes,
        n,
        rows,
        columns,
        k,
        0.3,
        0,
        place.scratch,
      )
    piece(0, 0, m, n)
    const whole = c.slice()
    for (const [rows, columns] of [
      [1, n],
      [7, 13],
      [64, 3],
      [m, 1],
    ] as const) {
      c.fill(NaN)
      for (let i = 0; i < m; i += rows)
        for (let j = 0; j < n; j += columns) piece(i, j, Math.min(rows, m - i), Math.min(columns, n - j))
      expect(c.every((x, p) => Object.is(x, whole[p]))).toBe(true)
    }
  })
})

test.each(variants)(
  'C may lie across 2 GiB, where addresses turn negative: $type, relaxed $relaxed',
  ({ type, relaxed }) => {
    const large = new WebAssembly.Memory({ initial: 2 ** 15 + 1 })
    const m = createModule()
    m.importMemory()
    emitProduct(m, emitGemm(m, { type, relaxed }), { type, relaxed, export: 'product' })
    const product = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory: large } }).exports
      .product as Gemm
    const [rows, columns, depth] = [13, 7, 5]
    const bytes = arrays[type].BYTES_PER_ELEMENT
    const c = new arrays[type](large.buffer, 2 ** 31 - 6 * bytes, rows * columns)
    new arrays[type](large.buffer, place.a, rows * depth).fill(2)
    new arrays[type](large.buffer, place.b, depth * columns).fill(3)
    const run = (n: number, k: number): number[] => {
      c.fill(NaN)
      product(place.a, 1, rows, place.b, n, 1, c.byteOffset, n, rows, n, k, 1, 0, place.scratch)
      return [...c.subarray(0, rows * n)]
    }
    expect(run(columns, depth)).toEqual(Array.from({ length: rows * columns }, () => 30))
    expect(run(1, depth)).toEqual(Array.from({ length: rows }, () => 30))
    expect(run(columns, 0)).toEqual(Array.from({ length: rows * columns }, () => 0))
  },
)

test('the scratch of a cut is enough for each of its pieces', () => {
  const size = fc.integer({ min: 1, max: 700 })
  fc.assert(
    fc.property(
      fc.constantFrom<Real>('f32', 'f64'),
      size,
      size,
      size,
      fc.integer({ min: 1, max: 9 }),
      (type, m, n, k, threads) => {
        const { rows, columns, scratchBytes } = cutGemm(type, m, n, k, threads)
        for (let i = 0; i < m; i += rows) {
          for (let j = 0; j < n; j += columns)
            expect(scratchBytes).toBeGreaterThanOrEqual(
              gemmScratchBytes(type, Math.min(rows, m - i), Math.min(columns, n - j), k),
            )
        }
      },
    ),
    { examples: [['f32', 257, 131, 131, 2]] },
  )
})
