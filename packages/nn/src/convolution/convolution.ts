import {
  apply,
  concat,
  defineOp,
  flip,
  matmul,
  reshape,
  ShapeError,
  show,
  sizeOf,
  slice,
  transpose,
  type Meta,
  type Op,
  type Tensor,
} from '@gradloom/core'
import { requireSpatial } from '../shapes.ts'
import { indicesOf, windowCount, type Padding } from './geometry.ts'
import { dilate, resize } from './resize.ts'

/** One entry per spatial axis. `inputDilation` - 1 zeros stand between input elements; padding may be negative. */
export interface ConvolutionAttrs {
  readonly stride: readonly number[]
  readonly padding: Padding
  readonly dilation: readonly number[]
  readonly inputDilation: readonly number[]
  readonly groups: number
}

const dilated = (n: number, dilation: number): number => (n > 0 ? (n - 1) * dilation + 1 : n)
const spatial = (t: { readonly shape: readonly number[] }): readonly number[] => t.shape.slice(2)

/** What a convolution gives. @throws ShapeError in the name of `name` */
export function convolved(
  name: string,
  [x, w]: readonly Meta[],
  { stride, padding, dilation, inputDilation, groups }: ConvolutionAttrs,
): Meta {
  requireSpatial(name, stride.length, x, w)
  const shapes = show(x.shape, w.shape)
  if (w.shape.includes(0, 2)) throw new ShapeError(`${name}: kernel sizes above 0 required, got ${shapes}`)
  const [n, c] = x.shape
  const [o, perGroup] = w.shape
  if (c !== -1 && perGroup !== -1 && c !== perGroup * groups)
    throw new ShapeError(`${name}: ${perGroup} * ${groups} input channels required, got ${shapes}`)
  if (o !== -1 && o % groups)
    throw new ShapeError(`${name}: output channels divisible by ${groups} groups required, got ${shapes}`)
  const out = stride.map((s, i) =>
    windowCount(name, dilated(x.shape[i + 2], inputDilation[i]), w.shape[i + 2], s, padding[i], dilation[i]),
  )
  return { shape: [n, o, ...out], dtype: x.dtype }
}

/**
 * y[n, o, p] = sum over c, k of x[n, c, p stride + k dilation - before] w[o, c, k], x dilated and padded with zeros;
 * group g of the outputs sees group g of the channels. `[N, C, ...S], [O, C / groups, ...K] -> [N, O, ...P]`.
 *
 * Both gradients are convolutions again. In x: the cotangent, dilated by the stride, with the kernel flipped and its
 * two channel axes swapped. In w: x with batch and channels swapped, by the cotangent as a kernel, stride and dilation
 * swapped.
 */
export const convolutionOp: Op<ConvolutionAttrs> = defineOp<ConvolutionAttrs>({
  name: 'convolution',
  flops: ([, w], [y]) => productsOf(w, y),
  infer: (inputs, attrs) => convolved('convolution', inputs, attrs),
  vjp: ({ inputs: [x, w], cotangents: [g], attrs }) => [
    inputGradient(spatial(x), w, g, attrs),
    attrs.inputDilation.every((e) => e === 1)
      ? apply(convolutionWeightGradientOp, [x, g], { ...attrs, kernel: spatial(w) })
      : weightGradient(x, g, { ...attrs, kernel: spatial(w) }),
  ],
  decompose: ([x, w], attrs) => {
    const { stride, padding, dilation, inputDilation, groups } = attrs
    const [o, perGroup, ...kernel] = w.shape
    const [n, , ...out] = convolved('convolution', [x, w], attrs).shape
    const source = resize(
      dilate(x, inputDilation),
      padding.map(([lo, hi], i) => [lo, hi - (inputDilation[i] - 1)]),
    )
    const positions = sizeOf(out)
    const taps = sizeOf(kernel)
    // Patches as a matrix, joined from slices: one for each kernel element, or one for each position where those are
    // fewer.
    const byTap = taps <= positions
    const pieces = indicesOf(byTap ? kernel : out).map((at) =>
      slice(source, [
        null,
        null,
        ...at.map((k, i): [number, number, number] => {
          const [start, step, count] = byTap
            ? [k * dilation[i], stride[i], out[i]]
            : [k * stride[i], dilation[i], kernel[i]]
          return [start, start + (count - 1) * step + 1, step]
        }),
      ]),
    )
    const left = (byTap ? transpose(w, [0, ...range(kernel.length, 2), 1]) : w).reshape([
      groups,
      o / groups,
      taps * perGroup,
    ])
    const right = byTap
      ? concat(
          pieces.map((p) => p.reshape([n, groups, perGroup, positions])),
          2,
        )
      : transpose(
          concat(
            pieces.map((p) => p.reshape([n, groups, 1, perGroup * taps])),
            2,
          ),
          [0, 1, 3, 2],
        )
    return matmul(left, right).reshape([n, groups * (o / groups), ...out])
  },
})

/** Operations of a convolution: each weight meets every position of an output once. */
const productsOf = (weight: Meta, output: Meta): number =>
  (2 * sizeOf(weight.shape) * sizeOf(output.shape)) / (weight.shape[0] || 1)

type WeightGradientAttrs = ConvolutionAttrs & { readonly kernel: readonly number[] }

/**
 * The gradient of a convolution in its kernel, an op of its own so that a backend need not transpose large arrays:
 * dw[o, c, k] = sum over n, p of g[n, o, p] x[n, c, p stride + k dilation - before], for inputs that are not dilated.
 */
export const convolutionWeightGradientOp: Op<WeightGradientAttrs> = defineOp<WeightGradientAttrs>({
  name: 'convolutionWeightGradient',
  flops: ([, g], [dw]) => productsOf(dw, g),
  infer: ([x, g], { kernel, groups }) => ({ shape: [g.shape[1], x.shape[1] / groups, ...kernel], dtype: x.dtype }),
  vjp: ({ inputs: [x, g], cotangents: [v], attrs: { stride, padding, dilation, inputDilation, groups } }) => {
    const geometry = { stride, padding, dilation, inputDilation, groups }
    return [inputGradient(spatial(x), v, g, geometry), apply(convolutionOp, [x, v], geometry)]
  },
  decompose: ([x, g], attrs) => weightGradient(x, g, attrs),
})

function inputGradient(
  sizes: readonly number[],
  w: Tensor,
  g: Tensor,
  { stride, padding, dilation, inputDilation, groups }: ConvolutionAttrs,
): Tensor {
  const size = sizes.map((n, i) => dilated(n, inputDilation[i]))
  const steps = spatial(g).map((n, i) => dilated(n, stride[i]))
  return apply(convolutionOp, [g, flipped(w, groups)], {
    stride: inputDilation,
    dilation,
    inputDilation: stride,
    groups,
    padding: spatial(w).map((k, i): [number, number] => [
      dilated(k, dilation[i]) - 1 - padding[i][0],
      size[i] + padding[i][0] - steps[i],
    ]),
  })
}

function weightGradient(
  x: Tensor,
  g: Tensor,
  { stride, padding, dilation, inputDilation, groups, kernel }: WeightGradientAttrs,
): Tensor {
  const size = spatial(x).map((n, i) => dilated(n, inputDilation[i]))
  const steps = spatial(g).map((n, i) => dilated(n, stride[i]))
  const [n, c] = x.shape
  const perGroup = c / groups
  const swapped = transpose(reshape(x, [n, groups, perGroup, ...spatial(x)]), [2, 1, 0, ...range(spatial(x).length, 3)])
  const dw = apply(convolutionOp, [reshape(swapped, [perGroup, groups * n, ...spatial(x)]), swapFirst(g)], {
    stride: dilation,
    dilation: stride,
    inputDilation,
    groups,
    padding: padding.map(([before], i): [number, number] => [
      before,
      dilated(kernel[i], dilation[i]) + steps[i] - 1 - size[i] - before,
    ]),
  })
  return swapFirst(dw)
}

const range = (count: number, from: number): number[] => Array.from({ length: count }, (_, i) => from + i)
const swapFirst = (t: Tensor): Tensor => transpose(t, [1, 0, ...range(t.rank - 2, 2)])

/** A kernel [O, C / groups, ...K] for the way back: [C, O / groups, ...K], reversed along the spatial axes. */
export function flipped(w: Tensor, groups: number): Tensor {
  const [o, perGroup, ...kernel] = w.shape
  const grouped = reshape(w, [groups, o / groups, perGroup, ...kernel])
  const swapped = transpose(grouped, [0, 2, 1, ...range(kernel.length, 3)]).reshape([
    groups * perGroup,
    o / groups,
    ...kernel,
  ])
  return flip(swapped, range(kernel.length, 2))
}
