import { afterAll, expect, test } from 'vitest'
import fc from 'fast-check'
import { reference } from '@gradloom/conformance'
import {
  createRuntime,
  grad,
  hostArray,
  mul,
  sizeOf,
  square,
  sum,
  tensor,
  type DType,
  type HostArray,
  type Tensor,
} from '@gradloom/core'
import {
  avgPool2d,
  conv1d,
  conv2d,
  conv3d,
  convTranspose1d,
  convTranspose2d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
} from '@gradloom/nn'
import { cpu } from '../src/index.ts'

const runtimes = [createRuntime({ backends: [reference()] }), createRuntime({ backends: [cpu()] })]
afterAll(() => Promise.all(runtimes.map((r) => r.close())))

const noise = (shape: readonly number[], dtype: DType, seed: number): Tensor => {
  const values = Float64Array.from({ length: sizeOf(shape) }, (_, i) =>
    Math.sin(12.9898 * (i + 1) + 78.233 * (seed + 1)),
  )
  return tensor(hostArray(dtype === 'float64' ? values : Float32Array.from(values), shape))
}

/** Everything up to second order of <f(inputs), c>, on both backends; the reference runs decompositions only. */
async function expectAgreement(
  f: (...inputs: Tensor[]) => Tensor,
  shapes: readonly (readonly number[])[],
  dtype: DType,
): Promise<void> {
  const inputs = shapes.map((s, i) => noise(s, dtype, i))
  const y = f(...inputs)
  const c = noise(y.shape, dtype, 7)
  const first = grad([sum(mul(square(y), c))], inputs)
  const second = grad(
    [first.map((g, i) => sum(mul(g, noise(g.shape, dtype, 11 + i)))).reduce((a, b) => a.add(b))],
    inputs,
  )
  const wanted = [y, ...first, ...second]
  const [want, got] = await Promise.all(
    runtimes.map((r): Promise<HostArray[]> =>
      r.run((ctx) =>
        ctx
          .evaluator()
          .push(...wanted)
          .run(),
      ),
    ),
  )
  const worst = got.map((g, k) => {
    const scale = Math.max(1, ...(want[k].data as Float64Array).map(Math.abs))
    return (g.data as Float64Array).reduce(
      (m, v, i) =>
        Math.abs(v - Number(want[k].data[i])) / scale <= m ? m : Math.abs(v - Number(want[k].data[i])) / scale,
      0,
    )
  })
  expect(worst.filter((e) => !(e <= (dtype === 'float64' ? 1e-12 : 2e-5)))).toEqual([])
}

const dtype = fc.constantFrom<DType>('float64', 'float32')
const size = fc.constantFrom(1, 2, 5, 7)
const few = fc.constantFrom(1, 2, 3)

test('convolutions agree with their decomposition to second order', () =>
  fc.assert(
    fc.asyncProperty(
      dtype,
      few,
      few,
      few,
      fc.constantFrom(1, 2),
      few,
      few,
      fc.integer({ min: 0, max: 2 }),
      few,
      size,
      size,
      (type, n, c, o, groups, k, stride, padding, dilation, height, width) => {
        const options = { stride, padding, dilation, groups }
        const fits = (s: number): boolean => s + 2 * padding >= dilation * (k - 1) + 1
        fc.pre(fits(height) && fits(width))
        return expectAgreement(
          (x, w) => conv2d(x, w, options),
          [
            [n, c * groups, height, width],
            [o * groups, c, k, k],
          ],
          type,
        )
      },
    ),
    { numRuns: 25 },
  ))

test.each(['float32', 'float64'] as const)(
  'more channels than a block of a product has rows, in a plain and a dilated input: %s',
  async (type) => {
    await expectAgreement(
      (x, w) => conv2d(x, w, { padding: 1 }),
      [
        [2, 3, 5, 5],
        [149, 3, 3, 3],
      ],
      type,
    )
    await expectAgreement(
      (x, w) => convTranspose2d(x, w, { stride: 2 }),
      [
        [2, 3, 3, 3],
        [3, 143, 3, 3],
      ],
      type,
    )
  },
)

test('transposed convolutions agree with their decomposition to second order', () =>
  fc.assert(
    fc.asyncProperty(
      dtype,
      few,
      few,
      few,
      few,
      fc.constantFrom(1, 2),
      size,
      fc.boolean(),
      (type, c, o, k, stride, dilation, width, planar) =>
        planar
          ? expectAgreement(
              (x, w) => convTranspose2d(x, w, { stride, dilation }),
              [
                [2, c, 3, width],
                [c, o, k, k],
              ],
              type,
            )
          : expectAgreement(
              (x, w) => convTranspose1d(x, w, { stride, dilation, groups: c }),
              [
                [2, c, width],
                [c, o, k],
              ],
              type,
            ),
    ),
    { numRuns: 15 },
  ))

test.each<DType>(['float64', 'float32'])(
  'convolutions over lines and volumes, and pooling, agree with their decomposition to second order in %s',
  async (type) => {
    await expectAgreement(
      (x, w) => conv1d(x, w, { padding: 2, stride: 3 }),
      [
        [2, 3, 17],
        [4, 3, 5],
      ],
      type,
    )
    await expectAgreement(
      (x, w) => conv3d(x, w, { padding: [1, 0, 1], stride: [1, 2, 1], groups: 2 }),
      [
        [2, 4, 3, 5, 4],
        [2, 2, 2, 3, 3],
      ],
      type,
    )
    await expectAgreement((x) => maxPool2d(x, { kernelSize: 2 }), [[2, 3, 9, 16]], type)
    await expectAgreement((x) => maxPool2d(x, { kernelSize: 3, stride: 2, padding: 1 }), [[2, 3, 7, 10]], type)
    await expectAgreement((x) => maxPool1d(x, { kernelSize: 4, stride: 1, dilation: 2 }), [[2, 3, 13]], type)
    await expectAgreement((x) => maxPool3d(x, { kernelSize: [1, 2, 3], stride: 2 }), [[1, 2, 3, 4, 7]], type)
    await expectAgreement((x) => avgPool2d(x, { kernelSize: 3, stride: 2, padding: 1 }), [[2, 3, 7, 10]], type)
    await expectAgreement((x) => avgPool2d(x, { kernelSize: 2 }), [[2, 3, 5, 6]], type)
  },
)

test('a depthwise convolution, pooling and a dense convolution train as one plan', () =>
  expectAgreement(
    (x, v, w) =>
      maxPool2d(
        conv2d(maxPool2d(conv2d(x, v, { padding: 'same', groups: 6 }), { kernelSize: 2 }), w, { padding: 'same' }),
        { kernelSize: 2 },
      ),
    [
      [3, 6, 16, 16],
      [6, 1, 3, 3],
      [8, 6, 3, 3],
    ],
    'float64',
  ))
