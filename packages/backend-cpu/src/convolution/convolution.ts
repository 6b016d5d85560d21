import { blockingOf } from '@gradloom/blas-wasm'
import { sizeOf } from '@gradloom/core'
import { idle, simpleKernel, type DeviceKernel, type PrepareKernel } from '../kernels/device-kernel.ts'
import { realOf } from '../kernels/real.ts'
import { createClassProduct, type Sizes } from './class-product.ts'
import { geometryOf, type ConvolutionAttrs, type Geometry } from './geometry.ts'
import { createInputCopy, type InputCopy } from './input-copy.ts'
import { createRegions } from './layout.ts'
import { convolutionModule, type ConvolutionModule } from './module.ts'
import { createTables } from './tables.ts'
import { FEW_ROWS, windowTables } from './windows.ts'

/** Columns that a product should have: images with less than half of them are taken together. */
const COLUMNS = 128

/**
 * y[n, o, p] = sum over c, k of x[n, c, p, k] w[o, c, k] as products of the kernel, [O / groups, C / groups * taps],
 * with the patches of some images, packed block by block: sums run over channels, then taps, whatever the block.
 */
export const convolution: PrepareKernel<ConvolutionAttrs> = (
  { inputs: [x, w], outputs: [y], attrs },
  modules,
): DeviceKernel => {
  const type = realOf('convolution', x, w)
  const bytes = type === 'f32' ? 4 : 8
  const module = modules.get<ConvolutionModule>(convolutionModule, type)
  const [images] = x.shape
  const [outChannels] = w.shape
  const { groups } = attrs
  const m = outChannels / groups
  const outSize = sizeOf(y.shape.slice(2))
  const imageSize = sizeOf(x.shape.slice(1))
  const kernelSize = sizeOf(w.shape.slice(2))
  const outBytes = sizeOf(y.shape) * bytes
  if (outBytes === 0) return idle
  if (sizeOf(x.shape) === 0 || sizeOf(w.shape) === 0)
    return simpleKernel(1, ({ outputs }) => module.clear(outputs[0], outBytes))

  const geometry = geometryOf(x.shape, w.shape, y.shape, attrs)
  const together = Math.min(images, 2 * outSize >= COLUMNS ? 1 : Math.ceil(COLUMNS / outSize))
  const input = createInputCopy(geometry, imageSize, together, bytes, module)
  const sizes: Sizes = { type, bytes, outChannels, m, outSize, kernelSize, together }
  const inTurn = geometry.classes.length === 1 && geometry.classes[0].taps.length === kernelSize
  return m <= FEW_ROWS && inTurn && together === 1
    ? summed(geometry, input, images, groups, sizes, module)
    : multiplied(geometry, input, images, groups, sizes, module)
}

function multiplied(
  geometry: Geometry,
  input: InputCopy,
  images: number,
  groups: number,
  sizes: Sizes,
  module: ConvolutionModule,
): DeviceKernel {
  const { type, bytes, outChannels, m, outSize, together } = sizes
  const { perGroup, planeSize } = geometry
  const { tileColumns } = blockingOf(type)
  const tables = createTables()
  const seen = geometry.classes.filter((c) => c.taps.length > 0)
  const products = seen.map((c) => createClassProduct(c, geometry, sizes, module, tables))
  const shared = createRegions()
  const packedAt = products.map((p) => shared.add(groups * p.packedBytes))
  const most = (of: (p: (typeof products)[number]) => number): number => Math.max(0, ...products.map(of))
  const scratch = createRegions()
  const inputAt = scratch.add(input.byteLength)
  const stripsAt = scratch.add(most((p) => p.blocks.k * p.blocks.columns) * bytes)
  const edgeAt = scratch.add(Math.min(blockingOf(type).rows, m) * tileColumns * bytes)
  const spreadAt = scratch.add(most((p) => (p.direct ? 0 : m * p.blocks.columns)) * bytes)
  /** What is done for each set of images. */
  const parts = products.flatMap((product, i) =>
    Array.from({ length: groups }, (_, group) =>
      product.bands.map((band) => {
        const count = Math.ceil((together * band.count) / product.blocks.columns)
        const packed = packedAt[i] + group * product.packedBytes
        return Array.from({ length: count }, (_, b) => ({
          product,
          packed,
          group,
          band,
          column: b * product.blocks.columns,
        }))
      }),
    ).flat(2),
  )
  return {
    sharedBytes: shared.byteLength,
    scratchBytes: scratch.byteLength,
    tables: tables.finish(),
    phases: [
      {
        units: groups,
        run: ({ inputs: [, w], outputs: [y], shared: to, tables: table }, begin, end) => {
          const groupBytes = m * perGroup * sizes.kernelSize * bytes
          for (let g = begin; g < end; g++)
            products.forEach((p, i) => p.packKernel(to + packedAt[i] + g * p.packedBytes, w + g * groupBytes, table))
          // Outputs that no tap sees.
          if (begin === 0 && seen.length < geometry.classes.length)
            module.clear(y, images * outChannels * outSize * bytes)
        },
      },
      {
        units: Math.ceil(images / together) * parts.length,
        run: ({ inputs: [x], outputs: [y], shared: packed, scratch: own, tables: table }, begin, end) => {
          module.clear(own + inputAt, input.byteLength)
          let loaded = -1
          let base = 0
          for (let unit = begin; unit < end; unit++) {
            const set = Math.floor(unit / parts.length)
            const first = set * together
            const count = Math.min(together, images - first)
            const { product, packed: at, group, band, column } = parts[unit % parts.length]
            const n = Math.min(product.blocks.columns, count * band.count - column)
            if (set !== loaded) base = input.load(own + inputAt, x, first, count)
            loaded = set
            if (n <= 0) continue
            product.run(
              {
                packed: packed + at,
                strips: own + stripsAt,
                edge: own + edgeAt,
                spread: own + spreadAt,
                tables: table,
              },
              band,
              base + (group * perGroup * planeSize + band.at) * bytes,
              y + ((first * outChannels + group * m) * outSize + band.out) * bytes,
              column,
              n,
            )
          }
        },
      },
    ],
  }
}

/** Products of few rows: sums over windows that are read where they lie, a row at a time. */
function summed(
  geometry: Geometry,
  input: InputCopy,
  images: number,
  groups: number,
  { bytes, outChannels, m, outSize }: Sizes,
  module: ConvolutionModule,
): DeviceKernel {
  const tables = createTables()
  const at = windowTables(geometry, bytes, tables)
  const [{ taps, bands }] = geometry.classes
  const terms = geometry.perGroup * taps.length
  const plane = geometry.perGroup * geometry.planeSize * bytes
  return {
    sharedBytes: 0,
    scratchBytes: input.byteLength,
    tables: tables.finish(),
    phases: [
      {
        units: images,
        run: ({ inputs: [x, w], outputs: [y], scratch, tables: table }, begin, end) => {
          module.clear(scratch, input.byteLength)
          for (let image = begin; image < end; image++) {
            const base = input.load(scratch, x, image, 1)
            for (let row = 0; row < m; row++) {
              for (const band of bands)
                module.windowSum(
                  base + band.at * bytes,
                  plane,
                  y + ((image * outChannels + row) * outSize + band.out) * bytes,
                  m * outSize * bytes,
                  w + row * terms * bytes,
                  m * terms * bytes,
                  groups,
                  table + at.outputs[band.table].positionsAt,
                  table + at.outputs[band.table].kindsAt,
                  band.count,
                  table + at.termsAt,
                  terms,
                )
            }
          }
        },
      },
    ],
  }
}
