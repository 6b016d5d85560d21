import { blockingOf, type Real } from '@gradloom/blas-wasm'
import { sizeOf } from '@gradloom/core'
import {
  idle,
  simpleKernel,
  type DeviceKernel,
  type KernelPhase,
  type PrepareKernel,
} from '../kernels/device-kernel.ts'
import { realOf } from '../kernels/real.ts'
import { geometryOf, type ConvolutionAttrs, type Geometry } from './geometry.ts'
import { createInputCopy } from './input-copy.ts'
import { createRegions, repeated } from './layout.ts'
import { convolutionModule, type ConvolutionModule } from './module.ts'
import { blockSizes, createPatches } from './patches.ts'
import { createTables } from './tables.ts'
import { FEW_ROWS, windowTables } from './windows.ts'

/** Terms that a product should have: images with less than half of them are taken together. */
const TERMS = 256

/** Units of work that a gradient should be cut into: where blocks of columns are fewer, sets of images are summed
 * apart. */
const UNITS = 8
/** Elements of a result that are summed at a time. */
const SUM_ELEMENTS = 4096

/** `m` output channels a group; a row of the result has `columns` elements. */
interface Sizes {
  readonly type: Real
  readonly bytes: number
  readonly images: number
  readonly imageSize: number
  readonly groups: number
  readonly m: number
  readonly columns: number
  readonly outSize: number
}

/**
 * dw[o, c, k] = sum over n, p of g[n, o, p] x[n, c, p, k] as products of cotangents, [O / groups, n and p], with
 * patches, [n and p, C / groups
 * * taps], some images at a time: sums run over images, then positions, in parts that only the sizes decide.
 */
export const convolutionWeightGradient: PrepareKernel<Omit<ConvolutionAttrs, 'inputDilation'>> = (
  { inputs: [x, g], outputs: [dw], attrs },
  modules,
): DeviceKernel => {
  const type = realOf('convolutionWeightGradient', x, g)
  const bytes = type === 'f32' ? 4 : 8
  const module = modules.get<ConvolutionModule>(convolutionModule, type)
  if (sizeOf(dw.shape) === 0) return idle
  if (sizeOf(x.shape) === 0 || sizeOf(g.shape) === 0)
    return simpleKernel(1, ({ outputs: [to] }) => module.clear(to, sizeOf(dw.shape) * bytes))
  const geometry = geometryOf(x.shape, dw.shape, g.shape, { ...attrs, inputDilation: attrs.stride.map(() => 1) })
  const sizes: Sizes = {
    type,
    bytes,
    images: x.shape[0],
    imageSize: sizeOf(x.shape.slice(1)),
    groups: attrs.groups,
    m: g.shape[1] / attrs.groups,
    columns: sizeOf(dw.shape.slice(1)),
    outSize: sizeOf(g.shape.slice(2)),
  }
  return sizes.m <= FEW_ROWS ? summed(geometry, sizes, module) : multiplied(geometry, sizes, module)
}

function multiplied(
  geometry: Geometry,
  { type, bytes, images, imageSize, groups, m, columns, outSize }: Sizes,
  module: ConvolutionModule,
): DeviceKernel {
  const { tileColumns, rows: mostRows } = blockingOf(type)
  const {
    planeSize,
    channels,
    perGroup,
    classes: [{ taps, tables: grid, bands }],
  } = geometry
  const together = Math.min(images, 2 * outSize >= TERMS ? 1 : Math.ceil(TERMS / outSize))
  const tables = createTables()
  const input = createInputCopy(geometry, imageSize, together, bytes, module)
  const patches = grid.map(({ positions }) =>
    createPatches(
      type,
      module,
      tables,
      repeated(together, channels * planeSize, positions),
      repeated(perGroup, planeSize, taps),
    ),
  )
  const blocks = blockSizes(type, together * grid[0].positions.length, columns)
  const blockCount = Math.ceil(columns / blocks.columns)
  const scratch = createRegions()
  const inputAt = scratch.add(input.byteLength)
  const packedAt = scratch.add(m * blocks.k * bytes)
  const stripsAt = scratch.add(blocks.k * blocks.columns * bytes)
  const edgeAt = scratch.add(Math.min(mostRows, m) * tileColumns * bytes)

  /** Cotangents of terms [p, p + k), counted over images and their positions, as panels. */
  const packCotangents = (to: number, from: number, p: number, k: number): void => {
    for (let done = 0; done < k;) {
      const image = Math.floor((p + done) / outSize)
      const position = (p + done) % outSize
      const count = Math.min(k - done, outSize - position)
      module.packPanels(
        to,
        from + (image * groups * m * outSize + position) * bytes,
        outSize * bytes,
        bytes,
        m,
        count,
        done,
        k,
      )
      done += count
    }
  }
  const blocksOfAll = groups * blockCount
  const sets = Math.ceil(images / together)
  const setsAPart = Math.ceil(sets / Math.min(sets, Math.ceil(UNITS / blocksOfAll)))
  const parts = Math.ceil(sets / setsAPart)
  const resultBytes = groups * m * columns * bytes
  /** Adds what the images of a part give to blocks [begin, end). */
  const addPart = (
    part: number,
    begin: number,
    end: number,
    x: number,
    g: number,
    to: number,
    own: number,
    table: number,
  ): void => {
    const packed = own + packedAt
    const strips = own + stripsAt
    const start = part * setsAPart * together
    const stop = Math.min(images, start + setsAPart * together)
    for (let first = start; first < stop; first += together) {
      const count = Math.min(together, images - first)
      const base = input.load(own + inputAt, x, first, count)
      for (let unit = begin; unit < end;) {
        const group = Math.floor(unit / blockCount)
        const next = Math.min(end, (group + 1) * blockCount)
        const from = g + (first * groups + group) * m * outSize * bytes
        const out = to + group * m * columns * bytes
        const source = base + group * perGroup * planeSize * bytes
        for (const band of bands) {
          // More than one image are taken together only where all of their positions are one band.
          const terms = count * band.count
          for (let p = 0; p < terms; p += blocks.k) {
            const k = Math.min(blocks.k, terms - p)
            packCotangents(packed, from, band.first + p, k)
            for (let u = unit; u < next; u++) {
              const j = (u % blockCount) * blocks.columns
              const n = Math.min(blocks.columns, columns - j)
              patches[band.table].pack(strips, source + band.at * bytes, table, p, k, j, n)
              module.multiply(
                packed,
                strips,
                out + j * bytes,
                columns * bytes,
                m,
                n,
                k,
                own + edgeAt,
                first === start && band.first + p === 0 ? 0 : 1,
              )
            }
          }
        }
        unit = next
      }
    }
  }
  const products: KernelPhase = {
    // Blocks of columns, group by group, part by part.
    units: parts * blocksOfAll,
    run: ({ inputs: [x, g], outputs: [dw], shared, scratch: own, tables: table }, begin, end) => {
      module.clear(own + inputAt, input.byteLength)
      for (let unit = begin; unit < end;) {
        const part = Math.floor(unit / blocksOfAll)
        const first = part * blocksOfAll
        const next = Math.min(end, first + blocksOfAll)
        addPart(part, unit - first, next - first, x, g, parts === 1 ? dw : shared + part * resultBytes, own, table)
        unit = next
      }
    },
  }
  const sums: KernelPhase = {
    units: Math.ceil(resultBytes / (SUM_ELEMENTS * bytes)),
    run: ({ outputs: [dw], shared }, begin, end) => {
      const at = begin * SUM_ELEMENTS * bytes
      module.addUp(dw + at, shared + at, resultBytes, parts, Math.min(resultBytes, end * SUM_ELEMENTS * bytes) - at)
    },
  }
  return {
    sharedBytes: parts === 1 ? 0 : parts * resultBytes,
    scratchBytes: scratch.byteLength,
    tables: tables.finish(),
    phases: parts === 1 ? [products] : [products, sums],
  }
}

/** Positions whose products are summed before they join the sums of others. */
const POSITIONS = 2048

/** The same for few rows: sums of products of cotangents with the input where it lies, group by group. */
function summed(
  geometry: Geometry,
  { bytes, images, imageSize, groups, m, columns, outSize }: Sizes,
  module: ConvolutionModule,
): DeviceKernel {
  const tables = createTables()
  const input = createInputCopy(geometry, imageSize, 1, bytes, module)
  const at = windowTables(geometry, bytes, tables)
  const plane = geometry.perGroup * geometry.planeSize * bytes
  const [{ bands }] = geometry.classes
  return {
    sharedBytes: 0,
    scratchBytes: input.byteLength,
    tables: tables.finish(),
    phases: [
      {
        units: groups,
        run: ({ inputs: [x, g], outputs: [dw], scratch, tables: table }, begin, end) => {
          module.clear(scratch, input.byteLength)
          module.clear(dw + begin * m * columns * bytes, (end - begin) * m * columns * bytes)
          for (let image = 0; image < images; image++) {
            const base = input.load(scratch, x, image, 1)
            for (let row = 0; row < m; row++) {
              const first = begin * m + row
              for (const band of bands) {
                for (let j = 0; j < band.count; j += POSITIONS) {
                  module.windowDots(
                    base + begin * plane + band.at * bytes,
                    plane,
                    g + ((image * groups * m + first) * outSize + band.first + j) * bytes,
                    m * outSize * bytes,
                    dw + first * columns * bytes,
                    m * columns * bytes,
                    end - begin,
                    table + at.outputs[band.table].positionsAt + 4 * j,
                    table + at.outputs[band.table].kindsAt + (4 * j * bytes) / 16,
                    Math.min(POSITIONS, band.count - j),
                    table + at.termsAt,
                    columns,
                  )
                }
              }
            }
          }
        },
      },
    ],
  }
}
