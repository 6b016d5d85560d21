import type { Real } from '@gradloom/blas-wasm'
import type { CombinedClass, Geometry } from './geometry.ts'
import type { Band } from './grid.ts'
import { repeated } from './layout.ts'
import type { ConvolutionModule } from './module.ts'
import { blockSizes, createPatches, type BlockSizes, type Patches } from './patches.ts'
import { runsOf } from './runs.ts'
import type { TableWriter } from './tables.ts'

/** Sizes of a convolution: `m` output channels a group, `together` images in a product. */
export interface Sizes {
  readonly type: Real
  readonly bytes: number
  readonly outChannels: number
  readonly m: number
  readonly outSize: number
  readonly kernelSize: number
  readonly together: number
}

/** One class of outputs as a product: kernel rows, [O / groups, C / groups * taps], by patches. */
export interface ClassProduct {
  readonly terms: number
  /** Outputs of an image. */
  readonly bands: readonly Band[]
  readonly blocks: BlockSizes
  /** All taps take part, in their order: terms are neighbours in the kernel. */
  readonly whole: boolean
  /** Bytes of the packed kernel of one group. */
  readonly packedBytes: number
  /** Products go straight to the output. */
  readonly direct: boolean
  packKernel(to: number, kernel: number, tables: number): void
  /** Columns [j, j + n) of a band: `base` and `out` are the addresses of the first channels of a group, moved to it. */
  run(
    at: {
      readonly packed: number
      readonly strips: number
      readonly edge: number
      readonly spread: number
      readonly tables: number
    },
    band: Band,
    base: number,
    out: number,
    j: number,
    n: number,
  ): void
}

export function createClassProduct(
  c: CombinedClass,
  { classes, perGroup, planeSize, channels }: Geometry,
  { type, bytes, outChannels, m, outSize, kernelSize, together }: Sizes,
  module: ConvolutionModule,
  tables: TableWriter,
): ClassProduct {
  const lanes = 16 / bytes
  const rows = repeated(perGroup, planeSize, c.taps)
  const terms = rows.length
  const whole = c.taps.length === kernelSize
  const direct = together === 1 && classes.length === 1
  const blocks = blockSizes(type, terms, together * c.tables[0].positions.length)
  const patches = c.tables.map(({ positions }): Patches =>
    createPatches(type, module, tables, rows, repeated(together, channels * planeSize, positions)),
  )
  const kernelAt = whole ? 0 : tables.add(repeated(perGroup, kernelSize, c.kernel).map((o) => o * bytes))
  const spreads = c.tables.map(({ out }) => {
    if (direct) return null
    const runs = runsOf(repeated(together, outChannels * outSize, out), lanes, bytes)
    return { outAt: tables.add(runs.offsets), kindsAt: tables.add(runs.kinds) }
  })
  return {
    terms,
    bands: c.bands,
    blocks,
    whole,
    direct,
    packedBytes: m * terms * bytes,
    packKernel: (to, kernel, table) => {
      const stride = perGroup * kernelSize * bytes
      for (let p = 0; p < terms; p += blocks.k) {
        const k = Math.min(blocks.k, terms - p)
        const panels = to + m * p * bytes
        if (whole) module.packPanels(panels, kernel + p * bytes, stride, bytes, m, k, 0, k)
        else module.packPanelsAt(panels, kernel, stride, table + kernelAt + 4 * p, m, k)
      }
    },
    run: ({ packed, strips, edge, spread, tables: table }, { table: which }, base, out, j, n) => {
      const rowBytes = (direct ? outSize : n) * bytes
      const target = direct ? out + j * bytes : spread
      for (let p = 0; p < terms; p += blocks.k) {
        const k = Math.min(blocks.k, terms - p)
        patches[which].pack(strips, base, table, p, k, j, n)
        module.multiply(packed + m * p * bytes, strips, target, rowBytes, m, n, k, edge, p === 0 ? 0 : 1)
      }
      const to = spreads[which]
      if (to)
        module.spread(
          target,
          rowBytes,
          out,
          outSize * bytes,
          table + to.outAt + 4 * j,
          table + to.kindsAt + (4 * j) / lanes,
          m,
          n,
        )
    },
  }
}
