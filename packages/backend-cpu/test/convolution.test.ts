import { beforeAll, expect, test } from 'vitest'
import fc from 'fast-check'
import { allocate, KernelError, sizeOf, type Backend, type TypedArray } from '@gradloom/core'
import { cpu } from '../src/index.ts'
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
  readonly w: readonly number[]
  readonly out: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
  readonly inputDilation: readonly number[]
  readonly groups: number
}

const noise = (dtype: Real, shape: readonly number[], seed: number): TypedArray =>
  allocate(dtype, sizeOf(shape)).map((_, i) => (((i + seed) * 7919) % 101) / 32 - 1.5)
const at = (shape: readonly number[], index: readonly number[]): number =>
  index.reduce((s, i, d) => s * shape[d] + i, 0)

/** The definition, a term at a time; `visit` gets positions in x, w and y. */
function forEachTerm(
  { x, w, out, stride, padding, dilation, inputDilation, groups }: Case,
  visit: (x: number, w: number, y: number) => void,
): void {
  const kernels = [...indicesOf(w.slice(1))]
  for (const y of indicesOf([x[0], w[0], ...out])) {
    for (const [c, ...k] of kernels) {
      const source = k.map((tap, i) => (y[i + 2] * stride[i] + tap * dilation[i] - padding[i][0]) / inputDilation[i])
      if (source.some((s, i) => !Number.isInteger(s) || s < 0 || s >= x[i + 2])) continue
      const channel = Math.floor(y[1] / (w[0] / groups)) * w[1] + c
      visit(at(x, [y[0], channel, ...source]), at(w, [y[1], c, ...k]), at([x[0], w[0], ...out], y))
    }
  }
}

const attrsOf = ({ stride, padding, dilation, inputDilation, groups }: Case) => ({
  stride,
  padding,
  dilation,
  inputDilation,
  groups,
})
const tolerance = (dtype: Real): number => (dtype === 'float32' ? 2e-4 : 1e-11)
function expectClose(got: TypedArray, want: Float64Array, dtype: Real): void {
  let worst = 0
  let place = -1
  got.forEach((v, i) => {
    const error = Math.abs(v - want[i]) / (1 + Math.abs(want[i]))
    if (!(error <= worst)) [worst, place] = [Number.isNaN(error) ? Infinity : error, i]
  })
  expect({ worst: worst <= tolerance(dtype) || worst, place: worst <= tolerance(dtype) ? 0 : place }).toEqual({
    worst: true,
    place: 0,
  })
}

/** Cases whose windows fit: sizes 0 and 1, primes, cropped and padded, dilated on both sides, grouped. */
const axis = (
  sizes: readonly number[],
): fc.Arbitrary<
  readonly [
    size: number,
    kernel: number,
    stride: number,
    before: number,
    after: number,
    dilation: number,
    inputDilation: number,
  ]
> =>
  fc.tuple(
    fc.constantFrom(...sizes),
    fc.constantFrom(1, 2, 3, 4, 5),
    fc.constantFrom(1, 1, 2, 3),
    fc.integer({ min: -2, max: 4 }),
    fc.integer({ min: -2, max: 4 }),
    fc.constantFrom(1, 1, 2, 3),
    fc.constantFrom(1, 1, 2, 3),
  )
const cases = (sizes: readonly number[], rank: number): fc.Arbitrary<Case> =>
  fc
    .record({
      dtype: fc.constantFrom<Real>('float32', 'float64'),
      n: fc.constantFrom(0, 1, 2, 3, 5),
      groups: fc.constantFrom(1, 1, 2, 3),
      c: fc.constantFrom(0, 1, 2, 5),
      o: fc.constantFrom(0, 1, 3, 4, 7),
      axes: fc.array(axis(sizes), { minLength: rank, maxLength: rank }),
    })
    .map(({ dtype, n, groups, c, o, axes }): Case => ({
      dtype,
      groups,
      x: [n, c * groups, ...axes.map((a) => a[0])],
      w: [o * groups, c, ...axes.map((a) => a[1])],
      out: axes.map(
        ([size, kernel, stride, before, after, dilation, e]) =>
          Math.floor(((size > 0 ? (size - 1) * e + 1 : 0) + before + after - dilation * (kernel - 1) - 1) / stride) + 1,
      ),
      stride: axes.map((a) => a[2]),
      padding: axes.map((a): [number, number] => [a[3], a[4]]),
      dilation: axes.map((a) => a[5]),
      inputDilation: axes.map((a) => a[6]),
    }))
    .filter((c) => c.out.every((p) => p > 0))

function checkForward(c: Case): void {
  const y = [c.x[0], c.w[0], ...c.out]
  const x = noise(c.dtype, c.x, 1)
  const w = noise(c.dtype, c.w, 50)
  const want = new Float64Array(sizeOf(y))
  forEachTerm(c, (i, j, k) => {
    want[k] += x[i] * w[j]
  })
  const [got] = runKernel(
    backend,
    'convolution',
    attrsOf(c),
    [
      { shape: c.x, dtype: c.dtype, data: x },
      { shape: c.w, dtype: c.dtype, data: w },
    ],
    [{ shape: y, dtype: c.dtype }],
  )
  expectClose(got, want, c.dtype)
}

function checkWeightGradient(c: Case): void {
  const y = [c.x[0], c.w[0], ...c.out]
  const x = noise(c.dtype, c.x, 1)
  const g = noise(c.dtype, y, 9)
  const want = new Float64Array(sizeOf(c.w))
  forEachTerm(c, (i, j, k) => {
    want[j] += x[i] * g[k]
  })
  const { inputDilation: _, ...attrs } = attrsOf(c)
  const [got] = runKernel(
    backend,
    'convolutionWeightGradient',
    attrs,
    [
      { shape: c.x, dtype: c.dtype, data: x },
      { shape: y, dtype: c.dtype, data: g },
    ],
    [{ shape: c.w, dtype: c.dtype }],
  )
  expectClose(got, want, c.dtype)
}

test('convolution follows its definition in one, two and three dimensions', () => {
  fc.assert(fc.property(cases([0, 1, 2, 7, 13, 40], 1), checkForward), { numRuns: 300 })
  fc.assert(fc.property(cases([1, 2, 5, 7, 11], 2), checkForward), { numRuns: 300 })
  fc.assert(fc.property(cases([1, 2, 3, 5], 3), checkForward), { numRuns: 100 })
})

test('the gradient of a convolution by its kernel follows the definition too', () => {
  const direct = (sizes: readonly number[], rank: number): fc.Arbitrary<Case> =>
    cases(sizes, rank).filter((c) => c.inputDilation.every((e) => e === 1))
  fc.assert(fc.property(direct([0, 1, 2, 7, 13, 40], 1), checkWeightGradient), { numRuns: 100 })
  fc.assert(fc.property(direct([1, 2, 5, 7, 11], 2), checkWeightGradient), { numRuns: 150 })
  fc.assert(fc.property(direct([1, 2, 3, 5], 3), checkWeightGradient), { numRuns: 50 })
})

const conv2d = (x: readonly number[], w: readonly number[], more: Partial<Case> = {}): Case => {
  const c = {
    dtype: 'float32' as Real,
    x,
    w,
    stride: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ] as const,
    dilation: [1, 1],
    inputDilation: [1, 1],
    groups: 1,
    ...more,
  }
  return {
    ...c,
    out: [0, 1].map(
      (i) =>
        Math.floor(
          ((x[i + 2] - 1) * c.inputDilation[i] +
            1 +
            c.padding[i][0] +
            c.padding[i][1] -
            c.dilation[i] * (w[i + 2] - 1) -
            1) /
            c.stride[i],
        ) + 1,
    ),
  }
}
const same = [
  [1, 1],
  [1, 1],
] as const

test.each<[string, Case]>([
  ['more terms than a block', conv2d([1, 80, 9, 9], [5, 80, 3, 3], { padding: same })],
  ['more output channels than a block', conv2d([1, 3, 8, 8], [150, 3, 3, 3], { padding: same })],
  ['more positions than a block', conv2d([1, 1, 67, 61], [3, 1, 3, 3], { padding: same })],
  ['images joined in one block, a rest at the end', conv2d([7, 4, 5, 5], [6, 4, 3, 3], { padding: same })],
  ['a kernel as large as the image', conv2d([9, 4, 6, 5], [6, 4, 6, 5])],
  ['a large kernel and few outputs, as in a gradient by the kernel', conv2d([5, 6, 16, 16], [8, 6, 14, 14])],
  ['positions between input elements that no tap sees', conv2d([2, 3, 5, 5], [4, 3, 1, 1], { inputDilation: [2, 3] })],
  ['depthwise', conv2d([2, 24, 9, 9], [24, 1, 3, 3], { groups: 24, padding: same })],
  [
    'in float64, more terms than a block',
    conv2d([2, 40, 9, 9], [5, 40, 3, 3], { dtype: 'float64', padding: same, stride: [2, 2] }),
  ],
])('convolution with %s', (_, c) => {
  checkForward(c)
  if (c.inputDilation.every((e) => e === 1)) checkWeightGradient(c)
})

test('convolution carries NaN and infinities only to the outputs that see them', () => {
  const c = conv2d([1, 1, 4, 12], [1, 1, 1, 3])
  const y = [1, 1, ...c.out]
  const x = noise('float32', c.x, 1)
  const w = Float32Array.of(1, 2, 3)
  x[5] = NaN
  x[20] = Infinity
  const [got] = runKernel(
    backend,
    'convolution',
    attrsOf(c),
    [
      { shape: c.x, dtype: 'float32', data: x },
      { shape: c.w, dtype: 'float32', data: w },
    ],
    [{ shape: y, dtype: 'float32' }],
  )
  const odd = [...got].flatMap((v, i) => (Number.isFinite(v) ? [] : [i]))
  expect(odd).toEqual([3, 4, 5, 16, 17, 18])
})

test('convolution of anything but one kind of float is refused', () => {
  const x = { shape: [1, 1, 4, 4], dtype: 'int32', data: new Int32Array(16) } as const
  const w = { shape: [1, 1, 3, 3], dtype: 'float32', data: new Float32Array(9) } as const
  expect(() =>
    runKernel(
      backend,
      'convolution',
      attrsOf(conv2d(x.shape, w.shape)),
      [x, w],
      [{ shape: [1, 1, 2, 2], dtype: 'float32' }],
    ),
  ).toThrow(KernelError)
})
