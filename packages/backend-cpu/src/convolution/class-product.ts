import type { Real } from '@gradloom/blas-wasm'
import type { CombinedClass, Geometry } from './geometry.ts'
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
  readonly positions: number
  readonly blocks: BlockSizes
  /** All taps take part, in their order: terms are neighbours in the kernel. */
  readonly whole: boolean
  /** Bytes of the packed kernel of one group. */
  readonly packedBytes: number
  /** Products go straight to the output. */
  readonly direct: boolean
  packKernel(to: number, kernel: number, tables: number): void
  /** Columns [j, j + n) of a group: `base` and `out` are the addresses of its first channels. */
  run(
    at: {
      readonly packed: number
      readonly strips: number
      readonly edge: number
      readonly spread: number
      readonly tables: number
    },
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
  const blocks = blockSizes(type, terms, together * c.out.length)
  const patches: Patches = createPatches(
    type,
    module,
    tables,
    rows,
    repeated(together, channels * planeSize, c.positions),
  )
  const kernelAt = whole ? 0 : tables.add(Int32Array.from(repeated(perGroup, kernelSize, c.kernel), (o) => o * bytes))
  const runs = direct
    ? null
    : runsOf(
        repeated(together, outChannels * outSize, c.out).map((o) => o * bytes),
        lanes,
        bytes,
      )
  const outAt = runs ? tables.add(runs.offsets) : 0
  const kindsAt = runs ? tables.add(runs.kinds) : 0
  return {
    terms,
    positions: c.out.length,
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
    run: ({ packed, strips, edge, spread, tables: table }, base, out, j, n) => {
      const rowBytes = (direct ? outSize : n) * bytes
      const target = direct ? out + j * bytes : spread
      for (let p = 0; p < terms; p += blocks.k) {
        const k = Math.min(blocks.k, terms - p)
        patches.pack(strips, base, table, p, k, j, n)
        module.multiply(packed + m * p * bytes, strips, target, rowBytes, m, n, k, edge, p === 0 ? 0 : 1)
      }
      if (!direct)
        module.spread(
          target,
          rowBytes,
          out,
          outSize * bytes,
          table + outAt + 4 * j,
          table + kindsAt + (4 * j) / lanes,
          m,
          n,
        )
    },
  }
}
