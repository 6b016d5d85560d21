import { sizeOf } from '@gradloom/core'
import { gridOf, type Grid } from './grid.ts'
import { axisLayout, layoutSize, outputClasses, placeOf, type AxisGeometry, type AxisLayout } from './axis.ts'

export interface ConvolutionAttrs {
  readonly stride: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
  readonly inputDilation: readonly number[]
  readonly groups: number
}

type Shape = readonly number[]

/** How a convolution reads a copy of its input (or the input itself) as a matrix: terms by columns. */
export interface Geometry {
  /** Channels of the input, and those that one group sees. */
  readonly channels: number
  readonly perGroup: number
  readonly out: Shape
  /** Outputs of every combination of classes of the axes. */
  readonly classes: readonly CombinedClass[]
  /** Null where the input is read in place. */
  readonly copy: CopyLayout | null
  /** Elements of a channel of an image where it is read. */
  readonly planeSize: number
}

/** The outputs of a class, with offsets in elements: from channel 0 of an image, the element of a tap and a position is
 * at their sum; `out` in a plane of the output. */
export interface CombinedClass extends Grid {
  /** The kernel elements that take part, as positions in a plane of the kernel. */
  readonly kernel: readonly number[]
  readonly taps: readonly number[]
}

/** Rows to copy from each plane: from element `from` of the input to element `to` of the copy. */
export interface CopyLayout {
  readonly depth: number
  readonly rows: number
  readonly fromStrides: readonly [number, number]
  readonly toStrides: readonly [number, number]
  readonly parts: readonly { readonly from: number; readonly to: number; readonly count: number }[]
  /** Elements between neighbours of a part. */
  readonly step: number
}

/** Three spatial axes, the first ones trivial where there are fewer. */
export function axesOf(
  x: Shape,
  w: Shape,
  out: Shape,
  { stride, padding, dilation, inputDilation }: ConvolutionAttrs,
): readonly AxisGeometry[] {
  const axes = stride.map((s, i): AxisGeometry => ({
    size: x[i + 2],
    kernel: w[i + 2],
    out: out[i + 2],
    stride: s,
    before: padding[i][0],
    dilation: dilation[i],
    inputDilation: inputDilation[i],
  }))
  const trivial: AxisGeometry = { size: 1, kernel: 1, out: 1, stride: 1, before: 0, dilation: 1, inputDilation: 1 }
  return [...Array.from({ length: 3 - axes.length }, () => trivial), ...axes]
}

/** All sums of one number from each list, the last list varying fastest. */
const sums = (lists: readonly (readonly number[])[]): number[] =>
  lists.reduce<number[]>((all, list) => all.flatMap((a) => list.map((b) => a + b)), [0])
const combinations = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>((all, list) => all.flatMap((a) => list.map((b) => [...a, b])), [[]])
const rowMajor = (sizes: Shape): number[] => sizes.map((_, i) => sizeOf(sizes.slice(i + 1)))

/** Plans the reads of a convolution of sizes that are not 0. `vectors`: outputs along the last axis shall read
 * neighbours. */
export function geometryOf(x: Shape, w: Shape, out: Shape, attrs: ConvolutionAttrs, vectors: boolean = true): Geometry {
  const axes = axesOf(x, w, out, attrs)
  const byAxis = axes.map(outputClasses)
  const sizes = axes.map((a) => a.size)
  const channels = x[1]
  const perGroup = w[1]
  const outSizes = axes.map((a) => a.out)
  const read = byAxis.every((classes) => classes.some((c) => c.taps.length > 0))
  // Elements that are read `step` apart along the last axis cannot be loaded as vectors where they lie.
  const layouts = read
    ? byAxis.map((classes, i) => axisLayout(classes, vectors && i === 2 && classes.some((c) => c.count > 1)))
    : null
  const inPlace = !layouts || layouts.every((l, i) => l.low >= 0 && l.high < sizes[i] && l.step === 1)
  const places = layouts?.map((l) => (inPlace ? { low: 0, high: 0, step: 1, length: 0, parts: [0] } : l))
  const extents = layouts && !inPlace ? layouts.map(layoutSize) : sizes
  const strides = rowMajor(extents)
  const kernelStrides = rowMajor(axes.map((a) => a.kernel))
  const outStrides = rowMajor(outSizes)
  const combined = combinations(byAxis).map((classes): CombinedClass => ({
    kernel: sums(classes.map((c, i) => c.taps.map((t) => t.k * kernelStrides[i]))),
    taps: places ? sums(classes.map((c, i) => c.taps.map((t) => placeOf(places[i], t.start) * strides[i]))) : [],
    ...gridOf(
      classes.map((c, i) => ({
        count: c.count,
        // Whole strides of the layout: one where it is split.
        step: (c.step / (places?.[i].step ?? 1)) * strides[i],
        out: c.every * outStrides[i],
      })),
      classes.reduce((sum, c, i) => sum + c.first * outStrides[i], 0),
    ),
  }))
  return {
    channels,
    perGroup,
    out: outSizes,
    classes: combined,
    copy: layouts && !inPlace ? copyLayout(layouts, sizes, strides) : null,
    planeSize: sizeOf(extents),
  }
}

function copyLayout(layouts: readonly AxisLayout[], sizes: Shape, toStrides: readonly number[]): CopyLayout {
  const fromStrides = rowMajor(sizes)
  /** The input elements low + r + i step that exist: the first i and their number. */
  const inside = ({ low, high, step }: AxisLayout, r: number, size: number): { first: number; count: number } => {
    const first = Math.max(0, Math.ceil(-(low + r) / step))
    const last = Math.floor((Math.min(high, size - 1) - low - r) / step)
    return { first, count: Math.max(0, last - first + 1) }
  }
  const [depth, rows] = [0, 1].map((i) => inside(layouts[i], 0, sizes[i]))
  const row = layouts[2]
  const start = (i: number, first: number, r = 0): number => layouts[i].low + r + first * layouts[i].step
  return {
    depth: depth.count,
    rows: rows.count,
    step: row.step,
    fromStrides: [fromStrides[0], fromStrides[1]],
    toStrides: [toStrides[0], toStrides[1]],
    parts: row.parts.flatMap((part, r) => {
      const { first, count } = inside(row, r, sizes[2])
      if (part < 0 || count * depth.count * rows.count === 0) return []
      return [
        {
          count,
          from: start(0, depth.first) * fromStrides[0] + start(1, rows.first) * fromStrides[1] + start(2, first, r),
          to: depth.first * toStrides[0] + rows.first * toStrides[1] + part * row.length + first,
        },
      ]
    }),
  }
}
