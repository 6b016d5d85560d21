import { beforeAll, describe, expect, test } from 'vitest'
import { allocate, sizeOf, type Backend, type TypedArray } from '@gradloom/core'
import { geometryOf } from '../src/convolution/geometry.ts'
import { gridOf } from '../src/convolution/grid.ts'
import { cpu } from '../src/index.ts'
import { runKernel } from './run-kernel.ts'

// Above 65,536 positions tables are shared by bands of outputs.
let backend: Backend
beforeAll(async () => {
  backend = cpu({ threads: 2 })
  await backend.start()
})

type Real = 'float32' | 'float64'
type Sizes = readonly number[]
interface Case {
  readonly name: string
  readonly dtype: Real
  readonly x: Sizes
  readonly w: Sizes
  readonly stride: Sizes
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: Sizes
  readonly inputDilation: Sizes
  readonly groups: number
}
const cases: readonly Case[] = [
  {
    name: 'rows of an image with padding',
    dtype: 'float32',
    x: [2, 2, 331, 307],
    w: [5, 2, 3, 3],
    stride: [1, 1],
    padding: [
      [1, 1],
      [2, 0],
    ],
    dilation: [1, 1],
    inputDilation: [1, 1],
    groups: 1,
  },
  {
    name: 'rows of an image that is read in place, three channels out',
    dtype: 'float64',
    x: [1, 2, 307, 331],
    w: [3, 2, 2, 2],
    stride: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
    dilation: [2, 1],
    inputDilation: [1, 1],
    groups: 1,
  },
  {
    name: 'a long row',
    dtype: 'float32',
    x: [1, 3, 300_007],
    w: [4, 3, 5],
    stride: [2],
    padding: [[3, 1]],
    dilation: [3],
    inputDilation: [1],
    groups: 1,
  },
  {
    name: 'slices of a volume, by groups of one channel',
    dtype: 'float32',
    x: [2, 2, 41, 47, 53],
    w: [2, 1, 2, 3, 2],
    stride: [1, 1, 1],
    padding: [
      [0, 1],
      [1, 1],
      [0, 0],
    ],
    dilation: [1, 1, 1],
    inputDilation: [1, 1, 1],
    groups: 2,
  },
  {
    name: 'rows within slices of a volume',
    dtype: 'float32',
    x: [1, 1, 3, 291, 307],
    w: [4, 1, 2, 1, 3],
    stride: [1, 1, 1],
    padding: [
      [0, 0],
      [0, 0],
      [1, 1],
    ],
    dilation: [1, 1, 1],
    inputDilation: [1, 1, 1],
    groups: 1,
  },
  {
    name: 'classes of a transposed convolution',
    dtype: 'float32',
    x: [1, 2, 270, 280],
    w: [5, 2, 3, 3],
    stride: [1, 1],
    padding: [
      [1, 2],
      [1, 1],
    ],
    dilation: [1, 1],
    inputDilation: [2, 2],
    groups: 1,
  },
]

const outOf = ({ x, w, stride, padding, dilation, inputDilation }: Case): number[] =>
  stride.map((s, i) => {
    const size = (x[i + 2] - 1) * inputDilation[i] + 1 + padding[i][0] + padding[i][1]
    return Math.floor((size - dilation[i] * (w[i + 2] - 1) - 1) / s) + 1
  })
const noise = (dtype: Real, size: number, seed: number): TypedArray =>
  allocate(dtype, size).map((_, i) => (((i + seed) * 7919) % 101) / 32 - 1.5)

/** The definition: `visit` gets places in x, w and y of each product. */
function forEachTerm(c: Case, visit: (x: number, w: number, y: number) => void): void {
  const out = [1, 1, ...outOf(c)].slice(-3)
  const three = (sizes: Sizes): Sizes => [1, 1, ...sizes].slice(-3)
  const size = three(c.x.slice(2))
  const kernel = three(c.w.slice(2))
  const axes = three(c.stride).map((stride, a) => {
    const i = a - (3 - c.stride.length)
    const [before, dilation, e] = i < 0 ? [0, 1, 1] : [c.padding[i][0], c.dilation[i], c.inputDilation[i]]
    return Array.from({ length: out[a] }, (_, p) =>
      Array.from({ length: kernel[a] }, (_, k) => {
        const at = (p * stride + k * dilation - before) / e
        return Number.isInteger(at) && at >= 0 && at < size[a] ? at : -1
      }),
    )
  })
  const [plane, taps, outSize] = [sizeOf(size), sizeOf(kernel), sizeOf(out)]
  for (let n = 0; n < c.x[0]; n++)
    for (let o = 0; o < c.w[0]; o++)
      for (let ch = 0; ch < c.w[1]; ch++) {
        const from = (n * c.x[1] + Math.floor(o / (c.w[0] / c.groups)) * c.w[1] + ch) * plane
        const weight = (o * c.w[1] + ch) * taps
        const to = (n * c.w[0] + o) * outSize
        for (let k0 = 0; k0 < kernel[0]; k0++)
          for (let k1 = 0; k1 < kernel[1]; k1++)
            for (let k2 = 0; k2 < kernel[2]; k2++)
              axes[0].forEach((d, p0) => {
                if (d[k0] < 0) return
                axes[1].forEach((h, p1) => {
                  if (h[k1] < 0) return
                  const row = from + (d[k0] * size[1] + h[k1]) * size[2]
                  const line = to + (p0 * out[1] + p1) * out[2]
                  for (let p2 = 0; p2 < out[2]; p2++) {
                    const at = axes[2][p2][k2]
                    if (at >= 0) visit(row + at, weight + (k0 * kernel[1] + k1) * kernel[2] + k2, line + p2)
                  }
                })
              })
      }
}
/** Relative to the sum of magnitudes, which bounds the rounding of sums. */
function expectClose(got: TypedArray, want: Float64Array, scale: number, dtype: Real): void {
  const bound = (dtype === 'float32' ? 2e-6 : 1e-14) * scale
  expect(got.length).toBe(want.length)
  expect(got.findIndex((v, i) => !(Math.abs(v - want[i]) <= bound))).toBe(-1)
}
const attrsOf = ({ stride, padding, dilation, inputDilation, groups }: Case): object => ({
  stride,
  padding,
  dilation,
  inputDilation,
  groups,
})

describe.each(cases)('$name', (c) => {
  const { dtype } = c
  const out = outOf(c)
  const yShape = [c.x[0], c.w[0], ...out]
  const x = noise(dtype, sizeOf(c.x), 3)
  const w = noise(dtype, sizeOf(c.w), 5)

  test('is in bands', () => {
    const { classes } = geometryOf(c.x, c.w, yShape, attrsOf(c) as Case)
    expect(Math.max(...classes.map(({ bands }) => bands.length))).toBeGreaterThan(1)
    for (const { tables } of classes)
      for (const { positions } of tables) expect(positions.length).toBeLessThanOrEqual(65_536)
  })

  test('convolution', () => {
    const want = new Float64Array(sizeOf(yShape))
    forEachTerm(c, (i, k, o) => (want[o] += x[i] * w[k]))
    const inputs = [
      { shape: c.x, dtype, data: x },
      { shape: c.w, dtype, data: w },
    ]
    const [got] = runKernel(backend, 'convolution', attrsOf(c), inputs, [{ shape: yShape, dtype }])
    expectClose(got, want, 2.3 * sizeOf(c.w.slice(1)), dtype)
  })
})

test.each(cases.filter((c) => c.inputDilation.every((e) => e === 1)))('the weight gradient over $name', (c) => {
  const { dtype } = c
  const out = outOf(c)
  const yShape = [c.x[0], c.w[0], ...out]
  const x = noise(dtype, sizeOf(c.x), 3)
  const g = noise(dtype, sizeOf(yShape), 7)
  const want = new Float64Array(sizeOf(c.w))
  forEachTerm(c, (i, k, o) => (want[k] += x[i] * g[o]))
  const inputs = [
    { shape: c.x, dtype, data: x },
    { shape: yShape, dtype, data: g },
  ]
  const [got] = runKernel(backend, 'convolutionWeightGradient', attrsOf(c), inputs, [{ shape: c.w, dtype }])
  expectClose(got, want, 2.3 * c.x[0] * sizeOf(out), dtype)
})

test('bands hold every output of a grid once, where it belongs', () => {
  for (const counts of [
    [1, 1, 200_003],
    [1, 700, 997],
    [3, 281, 283],
    [90_001, 1, 3],
    [2, 2, 70_001],
    [7, 5, 3],
  ]) {
    const steps = [3 * counts[1] * counts[2] + 7, 2 * counts[2] + 1, 2]
    const outs = [counts[1] * counts[2], counts[2], 1]
    const { tables, bands } = gridOf(
      counts.map((count, i) => ({ count, step: steps[i], out: outs[i] })),
      5,
    )
    let i = 0
    for (const band of bands) {
      const { positions, out } = tables[band.table]
      expect([band.first, positions.length, out.length]).toEqual([i, band.count, band.count])
      let wrong = 0
      for (let k = 0; k < band.count; k++, i++) {
        const index = [Math.floor(i / (counts[1] * counts[2])), Math.floor(i / counts[2]) % counts[1], i % counts[2]]
        const dot = (by: readonly number[]): number => index.reduce((sum, v, a) => sum + v * by[a], 0)
        if (positions[k] + band.at !== dot(steps) || out[k] + band.out !== dot(outs) + 5) wrong++
      }
      expect(wrong).toBe(0)
    }
    expect(i).toBe(sizeOf(counts))
  }
})
