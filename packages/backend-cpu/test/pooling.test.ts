import { beforeAll, expect, test } from 'vitest'
import fc from 'fast-check'
import { allocate, sizeOf, type Backend, type TypedArray } from '@gradloom/core'
import { createModule } from '@gradloom/blas-wasm'
import { cpu } from '../src/index.ts'
import { poolingModule } from '../src/pooling/module.ts'
import { indicesOf } from './interpret.ts'
import { runKernel } from './run-kernel.ts'

let backend: Backend
beforeAll(async () => {
  backend = cpu()
  await backend.start()
})

type Real = 'float32' | 'float64'
interface Case {
  readonly dtype: Real
  readonly x: readonly number[]
  readonly out: readonly number[]
  readonly windows: {
    readonly kernel: readonly number[]
    readonly stride: readonly number[]
    readonly padding: readonly (readonly [number, number])[]
    readonly dilation: readonly number[]
  }
}
const at = (shape: readonly number[], index: readonly number[]): number =>
  index.reduce((s, i, d) => s * shape[d] + i, 0)

/** Few different numbers, so that there are ties; NaN and both infinities among them. */
const values = (dtype: Real, n: number, seed: number): TypedArray =>
  allocate(dtype, n).map((_, i) => {
    const v = ((i + seed) * 7919) % 23
    return v === 0 ? NaN : v === 1 ? Infinity : v === 2 ? -Infinity : (v % 7) - 3.5
  })
const numbers = (dtype: Real, n: number): TypedArray => allocate(dtype, n).map((_, i) => ((i * 7919) % 101) / 32 - 1.5)

/** The elements of each window in order, positions in x; -1 in the padding. */
function* windowsOf({ x, out, windows: { kernel, stride, padding, dilation } }: Case): Generator<number[]> {
  const taps = [...indicesOf(kernel)]
  for (const y of indicesOf([x[0], x[1], ...out])) {
    yield taps.map((k) => {
      const source = k.map((tap, i) => y[i + 2] * stride[i] + tap * dilation[i] - padding[i][0])
      return source.every((s, i) => s >= 0 && s < x[i + 2]) ? at(x, [y[0], y[1], ...source]) : -1
    })
  }
}

const axis = fc.tuple(
  fc.constantFrom(1, 2, 3, 7, 11, 16, 19),
  fc.constantFrom(1, 2, 2, 3, 5),
  fc.constantFrom(1, 2, 2, 3),
  fc.constantFrom(0, 0, 1, 2),
  fc.constantFrom(1, 1, 2),
)
const cases = (rank: number): fc.Arbitrary<Case> =>
  fc
    .record({
      dtype: fc.constantFrom<Real>('float32', 'float64'),
      n: fc.constantFrom(0, 1, 2),
      c: fc.constantFrom(0, 1, 3),
      axes: fc.array(axis, { minLength: rank, maxLength: rank }),
    })
    .map(({ dtype, n, c, axes }): Case => ({
      dtype,
      x: [n, c, ...axes.map((a) => a[0])],
      out: axes.map(([size, k, s, p, d]) => Math.floor((size + 2 * p - d * (k - 1) - 1) / s) + 1),
      windows: {
        kernel: axes.map((a) => a[1]),
        stride: axes.map((a) => a[2]),
        padding: axes.map((a): [number, number] => [a[3], a[3]]),
        dilation: axes.map((a) => a[4]),
      },
    }))
    .filter((c) => c.out.every((p) => p > 0))
const tiles = (x: readonly number[], dtype: Real): Case => ({
  dtype,
  x,
  out: x.slice(2).map((n) => n >> 1),
  windows: {
    kernel: [2, 2],
    stride: [2, 2],
    padding: [
      [0, 0],
      [0, 0],
    ],
    dilation: [1, 1],
  },
})

function expectedMaxima(c: Case, x: TypedArray): { readonly best: number[]; readonly place: number[] } {
  const best: number[] = []
  const place: number[] = []
  for (const window of windowsOf(c)) {
    let value = -Infinity
    // A window of padding alone has no place that counts: its last tap stands for it.
    let where = -1
    window.forEach((i, tap) => {
      if (i >= 0 && (where < 0 || x[i] > value || Number.isNaN(x[i]))) [value, where] = [x[i], tap]
    })
    best.push(value)
    place.push(where)
  }
  return { best, place }
}

function checkMaxPool(c: Case): void {
  const y = [c.x[0], c.x[1], ...c.out]
  const x = values(c.dtype, sizeOf(c.x), 3)
  const want = expectedMaxima(c, x)
  const [best, place] = runKernel(
    backend,
    'maxPool',
    c.windows,
    [{ shape: c.x, dtype: c.dtype, data: x }],
    [
      { shape: y, dtype: c.dtype },
      { shape: y, dtype: 'int32' },
    ],
  )
  want.place.forEach((p, i) => {
    if (p >= 0) expect(place[i]).toBe(p)
  })
  expect([...best]).toEqual(want.best)
}

function checkGradient(c: Case): void {
  const y = [c.x[0], c.x[1], ...c.out]
  const taps = sizeOf(c.windows.kernel)
  const place = Int32Array.from({ length: sizeOf(y) }, (_, i) => (i * 31 + (i >> 2)) % taps)
  const g = numbers(c.dtype, sizeOf(y))
  const want = allocate(c.dtype, sizeOf(c.x))
  let i = 0
  for (const window of windowsOf(c)) {
    const to = window[place[i]]
    if (to >= 0) want[to] += g[i]
    i++
  }
  const [got] = runKernel(
    backend,
    'maxPoolGradient',
    { ...c.windows, size: c.x.slice(2) },
    [
      { shape: y, dtype: 'int32', data: place },
      { shape: y, dtype: c.dtype, data: g },
    ],
    [{ shape: c.x, dtype: c.dtype }],
  )
  expect(got).toEqual(want)
}

test.each([1, 2, 3])('maxPool takes the first largest element or the last NaN, in %i dimensions', (rank) => {
  fc.assert(fc.property(cases(rank), checkMaxPool), { numRuns: 150 })
})
test.each([1, 2, 3])('maxPoolGradient adds up where windows overlap, in %i dimensions', (rank) => {
  fc.assert(fc.property(cases(rank), checkGradient), { numRuns: 150 })
})
test.each([
  [2, 3, 8, 8],
  [1, 2, 9, 11],
  [2, 1, 2, 30],
  [1, 1, 3, 17],
  [3, 2, 28, 28],
])('maxPool and its gradient over tiles of [%i, %i, %i, %i]', (...x) => {
  for (const dtype of ['float32', 'float64'] as const) {
    checkMaxPool(tiles(x, dtype))
    checkGradient(tiles(x, dtype))
  }
})

// The second and the third in bands, whose windows begin differently
test.each<Pick<Case, 'x' | 'out'>>([
  { x: [1, 2, 4, 9], out: [4, 10] },
  { x: [1, 1, 300, 700], out: [300, 701] },
  { x: [1, 2, 2, 70_000], out: [2, 70_001] },
])('maxPool gives windows of -infinity to their first element, and never to padding: $x', (sizes) => {
  const windows = {
    kernel: [3, 2],
    stride: [1, 1],
    padding: [
      [1, 1],
      [1, 1],
    ],
    dilation: [1, 1],
  } as const
  for (const dtype of ['float32', 'float64'] as const) {
    const c: Case = { dtype, ...sizes, windows }
    const x = allocate(dtype, sizeOf(c.x)).fill(-Infinity)
    const y = [c.x[0], c.x[1], ...c.out]
    const [best, place] = runKernel(
      backend,
      'maxPool',
      windows,
      [{ shape: c.x, dtype, data: x }],
      [
        { shape: y, dtype },
        { shape: y, dtype: 'int32' },
      ],
    )
    expect(new Set(best)).toEqual(new Set([-Infinity]))
    const want = [...windowsOf(c)].map((window) => window.findIndex((i) => i >= 0))
    expect(want.findIndex((p, i) => place[i] !== p)).toBe(-1)
  }
})

test('avgPool of equal elements is that element, whatever the window holds', () => {
  for (const dtype of ['float32', 'float64'] as const)
    for (const k of [2, 3, 5, 7]) {
      const c: Case = {
        dtype,
        x: [1, 3, 11, 13],
        out: [12 - k, 14 - k],
        windows: {
          kernel: [k, k],
          stride: [1, 1],
          padding: [
            [0, 0],
            [0, 0],
          ],
          dilation: [1, 1],
        },
      }
      const x = allocate(dtype, sizeOf(c.x)).fill(1)
      const [got] = runKernel(
        backend,
        'avgPool',
        c.windows,
        [{ shape: c.x, dtype, data: x }],
        [{ shape: [1, 3, ...c.out], dtype }],
      )
      expect(new Set(got)).toEqual(new Set([1]))
    }
})

function checkAvgPool(c: Case): void {
  const y = [c.x[0], c.x[1], ...c.out]
  const x = numbers(c.dtype, sizeOf(c.x))
  const taps = sizeOf(c.windows.kernel)
  const [got] = runKernel(
    backend,
    'avgPool',
    c.windows,
    [{ shape: c.x, dtype: c.dtype, data: x }],
    [{ shape: y, dtype: c.dtype }],
  )
  const want = [...windowsOf(c)].map((window) => window.reduce((sum, i) => sum + (i < 0 ? 0 : x[i]), 0) / taps)
  const bound = c.dtype === 'float32' ? 1e-5 : 1e-13
  expect(got.findIndex((v, i) => !(Math.abs(v - want[i]) < bound))).toBe(-1)
}

test('avgPool counts padding as zeros', () => {
  fc.assert(fc.property(fc.constantFrom(1, 2, 3).chain(cases), checkAvgPool), { numRuns: 150 })
})

// Tables hold 65,536 positions: beyond, bands of outputs share them.
test.each<Pick<Case, 'x' | 'out' | 'windows' | 'dtype'>>([
  {
    dtype: 'float32',
    x: [2, 2, 291, 277],
    out: [291, 276],
    windows: {
      kernel: [3, 2],
      stride: [1, 1],
      padding: [
        [1, 1],
        [0, 0],
      ],
      dilation: [1, 1],
    },
  },
  {
    dtype: 'float64',
    x: [1, 2, 140_001],
    out: [139_999],
    windows: { kernel: [3], stride: [1], padding: [[0, 0]], dilation: [1] },
  },
])('pools in bands: $x', (c) => {
  checkMaxPool(c)
  checkGradient(c)
  checkAvgPool(c)
})

test('planes, cotangents and tables may lie across 2 GiB, where addresses turn negative', () => {
  const memory = new WebAssembly.Memory({ initial: 2 ** 15 + 1 })
  const m = createModule()
  const middle = 2 ** 31
  m.importMemory()
  poolingModule(m, 'f32', false)
  const { fill, scatterPlaces } = new WebAssembly.Instance(new WebAssembly.Module(m.toBytes()), { env: { memory } })
    .exports as Record<'fill' | 'scatterPlaces', (...args: number[]) => void>
  const plane = new Float32Array(memory.buffer, middle - 8, 4)
  const positions = new Int32Array(memory.buffer, middle - 256, 4)
  fill(plane.byteOffset, plane.byteOffset + 16, 7)
  expect([...plane]).toEqual([7, 7, 7, 7])
  // Tables across it, a plane elsewhere: places 0, taps at 0.
  const table = new Int32Array(memory.buffer, middle - 8, 4)
  const y = new Float32Array(memory.buffer, 4096, 4)
  const g = new Float32Array(memory.buffer, 8192, 4)
  table.set([12, 8, 4, 0])
  g.set([1, 2, 3, 4])
  scatterPlaces(16_384, g.byteOffset, y.byteOffset, 16, 1, table.byteOffset, 4, positions.byteOffset)
  expect([...y]).toEqual([4, 3, 2, 1])
})
