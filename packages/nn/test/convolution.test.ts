import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { apply, grad, mul, sum, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import { conv1d, conv2d, convTranspose1d, convTranspose2d, convolutionOp, type ConvolutionAttrs } from '../src/index.ts'
import { f64, list, refusal, values, withRuntime } from './runtime.ts'

const runtime = withRuntime()

interface Case {
  n: number
  perGroup: number
  outputs: number
  size: number[]
  kernel: number[]
  attrs: ConvolutionAttrs
}

/** Convolution over one or two axes by its definition. */
async function naive(
  x: Tensor,
  w: Tensor,
  { stride, padding, dilation, inputDilation, groups }: ConvolutionAttrs,
  out: readonly number[],
): Promise<number[]> {
  const xs = await x.data()
  const ws = await w.data()
  const [n, c, ...size] = x.shape
  const [o, perGroup, ...kernel] = w.shape
  const result: number[] = []
  const two = (s: readonly number[], fill: number): [number, number] => (s.length === 1 ? [fill, s[0]] : [s[0], s[1]])
  const [h, width] = two(size, 1)
  const [kh, kw] = two(kernel, 1)
  const [sh, sw] = two(stride, 1)
  const [dh, dw] = two(dilation, 1)
  const [ih, iw] = two(inputDilation, 1)
  const [oh, ow] = two(out, 1)
  const [ph, pw] = two(
    padding.map(([before]) => before),
    0,
  )
  const at = (u: number, step: number, count: number): number =>
    u % step === 0 && u / step >= 0 && u / step < count ? u / step : -1
  for (let b = 0; b < n; b++)
    for (let k = 0; k < o; k++)
      for (let p = 0; p < oh; p++)
        for (let q = 0; q < ow; q++) {
          let total = 0
          for (let ch = 0; ch < perGroup; ch++)
            for (let i = 0; i < kh; i++)
              for (let j = 0; j < kw; j++) {
                const row = at(p * sh + i * dh - ph, ih, h)
                const column = at(q * sw + j * dw - pw, iw, width)
                const channel = Math.floor(k / (o / groups)) * perGroup + ch
                if (row >= 0 && column >= 0)
                  total +=
                    xs[((b * c + channel) * h + row) * width + column] * ws[((k * perGroup + ch) * kh + i) * kw + j]
              }
          result.push(total)
        }
  return result
}

const count = (
  n: number,
  kernel: number,
  stride: number,
  [lo, hi]: readonly [number, number],
  dilation: number,
  inputDilation: number,
): number => Math.floor(((n - 1) * inputDilation + 1 + lo + hi - dilation * (kernel - 1) - 1) / stride) + 1

const small = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max })
const anyCase: fc.Arbitrary<Case> = small(1, 2)
  .chain((rank) => {
    const each = <T>(a: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(a, { minLength: rank, maxLength: rank })
    return fc.record({
      n: small(1, 2),
      perGroup: small(1, 2),
      outputs: small(1, 2),
      size: each(small(1, 5)),
      kernel: each(small(1, 3)),
      attrs: fc.record({
        stride: each(small(1, 3)),
        padding: each(fc.tuple(small(-1, 3), small(-1, 3))),
        dilation: each(small(1, 2)),
        inputDilation: each(small(1, 3)),
        groups: small(1, 2),
      }),
    })
  })
  .filter(({ size, kernel, attrs: a }) =>
    size.every(
      (n, i) =>
        count(n, kernel[i], a.stride[i], a.padding[i], a.dilation[i], a.inputDilation[i]) > 0 &&
        (n - 1) * a.inputDilation[i] + 1 + Math.min(a.padding[i][0], 0) + Math.min(a.padding[i][1], 0) > 0,
    ),
  )

describe('convolution', () => {
  it('is its definition for every stride, padding, dilation on both sides, and groups', () =>
    fc.assert(
      fc.asyncProperty(anyCase, async ({ n, perGroup, outputs, size, kernel, attrs }) => {
        const x = values([n, perGroup * attrs.groups, ...size])
        const w = values([outputs * attrs.groups, perGroup, ...kernel], 1)
        const y = apply(convolutionOp, [x, w], attrs)
        const want = await naive(x, w, attrs, y.shape.slice(2))
        ;(await list(y)).forEach((v, i) => expect(v).toBeCloseTo(want[i], 10))
      }),
      { numRuns: 60 },
    ))
  it('has the gradients of a bilinear form, <g, conv(x, w)> = <x, dx> = <w, dw>, for all of these', () =>
    fc.assert(
      fc.asyncProperty(anyCase, async ({ n, perGroup, outputs, size, kernel, attrs }) => {
        const x = values([n, perGroup * attrs.groups, ...size])
        const w = values([outputs * attrs.groups, perGroup, ...kernel], 1)
        const y = apply(convolutionOp, [x, w], attrs)
        const g = values(y.shape, 2)
        const s = sum(mul(y, g))
        const [dx, dw] = grad([s], [x, w])
        const dot = async (a: Tensor, b: Tensor): Promise<number> => sum(mul(a, b)).item()
        const want = await s.item()
        expect(await dot(x, dx)).toBeCloseTo(want, 9)
        expect(await dot(w, dw)).toBeCloseTo(want, 9)
      }),
      { numRuns: 60 },
    ))
  it('has gradients to second order', async () => {
    await checkGrads(
      (x, w, bias) => conv2d(x, w, { bias, stride: [2, 1], padding: [1, 0], dilation: [1, 2], groups: 2 }),
      [values([1, 4, 4, 5]), values([2, 2, 2, 2], 1), values([2], 2)],
    )
    await checkGrads(
      (x, w) => convTranspose1d(x, w, { stride: 2, padding: 1, outputPadding: 1 }),
      [values([2, 2, 3]), values([2, 3, 3], 1)],
    )
  })
  it('sums an empty batch to gradients of zeros', async () => {
    const x = values([0, 2, 4])
    const w = values([3, 2, 3])
    const y = conv1d(x, w)
    expect(y.shape).toEqual([0, 3, 2])
    expect(await list(grad([sum(y)], [w])[0])).toEqual(new Array(18).fill(0))
  })
})

describe('conv settings', () => {
  it("'same' keeps sizes, with the odd element at the end as in PyTorch", async () => {
    expect(conv2d(values([1, 1, 5, 6]), values([1, 1, 4, 3]), { padding: 'same' }).shape).toEqual([1, 1, 5, 6])
    expect(await list(conv1d(f64([[[1, 2, 3]]]), f64([[[1, 1]]]), { padding: 'same' }))).toEqual([3, 5, 3])
  })
  it("'same' keeps sizes where those of the input and of the kernel are known from feeds only", async () => {
    await runtime().run(async (ctx) => {
      const x = ctx.placeholder('x', [-1, 2, -1, 6], 'float64')
      const w = ctx.placeholder('w', [3, 2, -1, -1], 'float64')
      const y = conv2d(x, w, { padding: 'same', dilation: [1, 2], bias: f64([1, 2, 3]) })
      expect(y.shape).toEqual([-1, 3, -1, 6])
      const [dx, dw] = grad([sum(mul(y, y))], [x, w])
      for (const kernel of [
        [4, 3],
        [1, 2],
        [5, 1],
      ]) {
        const known = values([2, 2, 5, 6])
        const weight = values([3, 2, ...kernel], 1)
        const want = conv2d(known, weight, { padding: 'same', dilation: [1, 2], bias: f64([1, 2, 3]) })
        const wanted = await Promise.all([want, ...grad([sum(mul(want, want))], [known, weight])].map(list))
        const got = await ctx
          .evaluator()
          .push(y, dx, dw)
          .feed(x, await known.eval())
          .feed(w, await weight.eval())
          .run()
        expect(got[0].shape).toEqual([2, 3, 5, 6])
        expect(got.map((h) => [...h.data])).toEqual(wanted)
      }
    })
  })
  it('infer unknown batches and sizes', () => {
    const y = convolutionOp.infer(
      [
        { shape: [-1, 3, -1, 8], dtype: 'float32' },
        { shape: [4, 3, 3, 3], dtype: 'float32' },
      ],
      {
        stride: [1, 1],
        padding: [
          [0, 0],
          [1, 1],
        ],
        dilation: [1, 1],
        inputDilation: [1, 1],
        groups: 1,
      },
    )
    expect(y).toEqual({ shape: [-1, 4, -1, 8], dtype: 'float32' })
  })
  it('of a transpose undo the sizes of the convolution', () => {
    const x = values([1, 2, 7, 8])
    const w = values([3, 2, 3, 3])
    const options = { stride: 2, padding: 1 }
    const y = conv2d(x, w, options)
    expect(convTranspose2d(y, w, { ...options, outputPadding: [0, 1] }).shape).toEqual(x.shape)
  })
  it('of the wrong name, value or shape are refused in the name of the function', () => {
    const x = values([1, 4, 5, 5])
    const w = values([2, 4, 3, 3])
    const bad = (options: object): object => options
    const refused: readonly (readonly [() => unknown, string, string, string])[] = [
      [() => conv2d(x, values([2, 3, 3, 3])), 'ShapeError', 'conv2d', '3 \\* 1 input channels'],
      [() => conv2d(x, values([3, 2, 3, 3]), { groups: 2 }), 'ShapeError', 'conv2d', 'divisible by 2'],
      [() => conv2d(x, values([2, 4, 6, 3])), 'ShapeError', 'conv2d', 'a window of 6'],
      [() => conv2d(x, values([2, 4, 3])), 'ShapeError', 'conv2d', 'rank 4'],
      [() => conv2d(x, values([2, 4, 0, 3])), 'ShapeError', 'conv2d', 'kernel sizes above 0'],
      [() => conv2d(x, w, { stride: 0 }), 'ShapeError', 'conv2d', 'stride'],
      [() => conv2d(x, w, bad({ stride: '1' })), 'ShapeError', 'conv2d', 'stride must be one or 2 integers.*got 1'],
      [() => conv2d(x, w, { stride: [1] }), 'ShapeError', 'conv2d', 'stride'],
      [() => conv2d(x, w, { dilation: 1.5 }), 'ShapeError', 'conv2d', 'dilation'],
      [() => conv2d(x, w, { padding: -1 }), 'ShapeError', 'conv2d', 'padding'],
      [() => conv2d(x, w, bad({ padding: 'SAME' })), 'ShapeError', 'conv2d', 'padding.*SAME'],
      [() => conv2d(x, w, { padding: 'same', stride: 2 }), 'ShapeError', 'conv2d', "'same' needs stride 1"],
      [() => conv2d(x, w, { groups: 0 }), 'SettingError', 'conv2d', 'groups'],
      [() => conv2d(x, w, { groups: 0.5 }), 'SettingError', 'conv2d', 'groups'],
      [() => conv2d(x, w, bad({ strides: 2 })), 'NameError', 'conv2d', 'strides.*bias, stride, padding'],
      [() => conv2d(x, w, { bias: [1] }), 'ShapeError', 'conv2d', 'bias of shape .2. required, got .1.'],
      [() => convTranspose2d(x, values([4, 2, 3, 3]), { outputPadding: 1 }), 'ShapeError', 'convTranspose2d', 'less'],
      [() => convTranspose2d(x, values([4, 2, 3, 3]), { padding: 5 }), 'ShapeError', 'convTranspose2d', 'pad less'],
      [() => convTranspose2d(x, values([4, 2, 3, 3]), { bias: [1] }), 'ShapeError', 'convTranspose2d', 'bias'],
      [() => convTranspose2d(x, values([3, 2, 3, 3])), 'ShapeError', 'convTranspose2d', 'input channels'],
      [
        () => convTranspose1d(values([1, 2, 4]), values([2, 1, 3]), bad({ pad: 1 })),
        'NameError',
        'convTranspose1d',
        'pad',
      ],
    ]
    for (const [call, name, op, said] of refused) expect(call).toThrow(refusal(name, op, said) as Error)
  })
})
