import { blockingOf, type Real } from '@gradloom/blas-wasm'
import { sizeOf } from '@gradloom/core'
import { idle, type DeviceKernel, type PrepareKernel } from '../kernels/device-kernel.ts'
import { geometryOf, type ConvolutionAttrs, type Geometry } from './geometry.ts'
import { createInputCopy } from './input-copy.ts'
import { convolutionModule, type ConvolutionModule } from './module.ts'
import { blockSizes, createPatches } from './patches.ts'
import { createTables } from './tables.ts'
import { FEW_ROWS, windowTables } from './windows.ts'

/** Terms that a product should have: images with less than half of them are taken together. */
const TERMS = 256

/**
 * dw[o, c, k] = sum over n, p of g[n, o, p] x[n, c, p, k] as products of cotangents, [O / groups, n and p], with patches, [n and p, C / groups
 * * taps], some images at a time: sums run over images, then positions, in parts that only the sizes decide.
 */
export const convolutionWeightGradient: PrepareKernel<Omit<ConvolutionAttrs, 'inputDilation'>> = ({ inputs: [x, g], outputs: [dw], attrs }, modules): DeviceKernel => {
  const type: Real = x.dtype === 'float64' ? 'f64' : 'f32', bytes = type === 'f32' ? 4 : 8
  const module = modules.get<ConvolutionModule>(convolutionModule, type), { tileRows, tileColumns, rows: mostRows } = blockingOf(type)
  const { groups } = attrs, [images, outChannels] = g.shape, m = outChannels / groups, columns = sizeOf(dw.shape.slice(1))
  if (sizeOf(dw.shape) === 0) return idle
  if (sizeOf(x.shape) === 0 || sizeOf(g.shape) === 0) return { ...idle, run: (_, [to]) => module.clear(to, sizeOf(dw.shape) * bytes) }

  const geometry = geometryOf(x.shape, dw.shape, g.shape, { ...attrs, inputDilation: attrs.stride.map(() => 1) })
  const { planeSize, channels, perGroup, classes: [{ taps, positions }] } = geometry, outSize = positions.length, imageSize = sizeOf(x.shape.slice(1))
  if (m <= FEW_ROWS) return fewRows(geometry, module, { images, imageSize, outChannels, m, groups, columns, bytes })
  const together = Math.min(images, 2 * outSize >= TERMS ? 1 : Math.ceil(TERMS / outSize)), tables = createTables()
  const list = (count: number, step: number, inner: readonly number[]): number[] => Array.from({ length: count }, (_, i) => inner.map((v) => i * step + v)).flat()
  const input = createInputCopy(geometry, imageSize, together, bytes, module)
  const patches = createPatches(type, module, tables, list(together, channels * planeSize, positions), list(perGroup, planeSize, taps))
  const blocks = blockSizes(type, together * outSize, columns), panelRows = Math.ceil(m / tileRows) * tileRows
  const up = (n: number): number => Math.ceil(n / 64) * 64
  const packedAt = up(input.byteLength), stripsAt = packedAt + up(panelRows * blocks.k * bytes), edgeAt = stripsAt + up(blocks.k * blocks.columns * bytes)

  /** Cotangents of terms [p, p + k), counted over images and their positions, as panels. */
  const packCotangents = (to: number, from: number, p: number, k: number): void => {
    for (let done = 0; done < k;) {
      const image = Math.floor((p + done) / outSize), position = (p + done) % outSize, count = Math.min(k - done, outSize - position)
      module.packPanels(to + done * tileRows * bytes, from + (image * outChannels * outSize + position) * bytes, outSize * bytes, bytes, m, count, k * tileRows * bytes)
      done += count
    }
  }
  return {
    tables: tables.finish(), scratchBytes: edgeAt + up(Math.min(mostRows, panelRows) * tileColumns * bytes),
    run: ([xAt, gAt], [to], scratch, table) => {
      module.clear(scratch, input.byteLength)
      const packed = scratch + packedAt, strips = scratch + stripsAt
      for (let first = 0; first < images; first += together) {
        const count = Math.min(together, images - first), base = input.load(scratch, xAt, first, count), terms = count * outSize
        for (let group = 0; group < groups; group++) {
          const from = gAt + (first * outChannels + group * m) * outSize * bytes, out = to + group * m * columns * bytes
          for (let p = 0; p < terms; p += blocks.k) {
            const k = Math.min(blocks.k, terms - p)
            packCotangents(packed, from, p, k)
            for (let j = 0; j < columns; j += blocks.columns) {
              const n = Math.min(blocks.columns, columns - j), edgeStrip = Math.floor(n / tileColumns) * tileColumns
              patches.pack(strips, base + group * perGroup * planeSize * bytes, table, p, k, j, n)
              for (let i = 0; i < m; i += mostRows) {
                module.block(
                  packed + i * k * bytes, 0, tileRows * bytes, k * tileRows * bytes, strips, tileColumns * bytes, k * tileColumns * bytes, strips + edgeStrip * k * bytes,
                  out + (i * columns + j) * bytes, columns * bytes, Math.min(mostRows, m - i), n, k, scratch + edgeAt, 1, first === 0 && p === 0 ? 0 : 1,
                )
              }
            }
          }
        }
      }
    },
  }
}

/** Positions whose products are summed before they join the sums of others. */
const POSITIONS = 2048

/** The same for few rows: sums of products of cotangents with the input where it lies. */
function fewRows(
  geometry: Geometry, module: ConvolutionModule,
  { images, imageSize, outChannels, m, groups, columns, bytes }: { readonly images: number; readonly imageSize: number; readonly outChannels: number; readonly m: number; readonly groups: number; readonly columns: number; readonly bytes: number },
): DeviceKernel {
  const tables = createTables(), input = createInputCopy(geometry, imageSize, 1, bytes, module), at = windowTables(geometry, bytes, tables)
  const outSize = geometry.classes[0].positions.length, plane = geometry.perGroup * geometry.planeSize * bytes
  return {
    tables: tables.finish(), scratchBytes: input.byteLength,
    run: ([xAt, gAt], [to], scratch, table) => {
      module.clear(scratch, input.byteLength)
      module.clear(to, outChannels * columns * bytes)
      for (let image = 0; image < images; image++) {
        const base = input.load(scratch, xAt, image, 1)
        for (let row = 0; row < m; row++) {
          for (let j = 0; j < outSize; j += POSITIONS) {
            module.windowDots(
              base, plane, gAt + ((image * outChannels + row) * outSize + j) * bytes, m * outSize * bytes, to + row * columns * bytes, m * columns * bytes, groups,
              table + at.positionsAt + 4 * j, table + at.kindsAt + (4 * j * bytes) / 16, Math.min(POSITIONS, outSize - j), table + at.termsAt, columns,
            )
          }
        }
      }
    },
  }
}
