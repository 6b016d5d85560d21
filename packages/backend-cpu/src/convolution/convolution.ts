import { blockingOf, type Real } from '@gradloom/blas-wasm'
import { sizeOf } from '@gradloom/core'
import { idle, type DeviceKernel, type PrepareKernel } from '../kernels/device-kernel.ts'
import { geometryOf, type CombinedClass, type ConvolutionAttrs } from './geometry.ts'
import { createInputCopy } from './input-copy.ts'
import { convolutionModule, type ConvolutionModule } from './module.ts'
import { blockSizes, createPatches, type BlockSizes, type Patches } from './patches.ts'
import { runsOf } from './runs.ts'
import { createTables } from './tables.ts'
import { FEW_ROWS, windowTables } from './windows.ts'

/** Columns that a product should have: images with less than half of them are taken together. */
const COLUMNS = 128

/** One class of outputs as a product: kernel rows by patches. */
interface ClassPlan {
  readonly terms: number
  readonly positions: number
  readonly patches: Patches
  readonly blocks: BlockSizes
  /** Byte offsets in the tables: of the kernel's elements (null: all, in order), and of the outputs with their runs. */
  readonly kernelAt: number | null
  readonly outAt: number
  readonly kindsAt: number
  /** Bytes from the first packed kernel of a group to this one. */
  readonly packedAt: number
  /** Products go straight to the output. */
  readonly direct: boolean
}

/**
 * y[n, o, p] = sum over c, k of x[n, c, p, k] w[o, c, k] as products of the kernel, [O / groups, C / groups * taps], with the patches of
 * some images, packed block by block: sums run over channels, then taps, whatever the block.
 */
export const convolution: PrepareKernel<ConvolutionAttrs> = ({ inputs: [x, w], outputs: [y], attrs }, modules): DeviceKernel => {
  const type: Real = x.dtype === 'float64' ? 'f64' : 'f32', bytes = type === 'f32' ? 4 : 8, lanes = 16 / bytes
  const module = modules.get<ConvolutionModule>(convolutionModule, type), { tileRows, tileColumns, rows: mostRows } = blockingOf(type)
  const [images] = x.shape, [outChannels, perGroup] = w.shape, { groups } = attrs, m = outChannels / groups
  const outSize = sizeOf(y.shape.slice(2)), outBytes = sizeOf(y.shape) * bytes, imageSize = sizeOf(x.shape.slice(1)), kernelSize = sizeOf(w.shape.slice(2))
  const zero = (outputs: readonly number[]): void => module.clear(outputs[0], outBytes)
  if (sizeOf(y.shape) === 0) return idle
  if (sizeOf(x.shape) === 0 || sizeOf(w.shape) === 0) return { ...idle, run: (_, outputs) => zero(outputs) }

  const geometry = geometryOf(x.shape, w.shape, y.shape, attrs), { planeSize, classes } = geometry
  const together = Math.min(images, 2 * outSize >= COLUMNS ? 1 : Math.ceil(COLUMNS / outSize))
  const input = createInputCopy(geometry, imageSize, together, bytes, module), tables = createTables()
  const list = (count: number, step: number, inner: readonly number[]): number[] =>
    Array.from({ length: count }, (_, i) => inner.map((v) => i * step + v)).flat()
  const panelRows = Math.ceil(m / tileRows) * tileRows
  let packedSize = 0
  const plans = classes.filter((c) => c.taps.length > 0).map((c: CombinedClass): ClassPlan => {
    const rows = list(perGroup, planeSize, c.taps), terms = rows.length, all = c.taps.length === kernelSize
    const runs = runsOf(list(together, outChannels * outSize, c.out).map((o) => o * bytes), lanes, bytes)
    const packedAt = packedSize * bytes
    packedSize += panelRows * terms
    return {
      terms, positions: c.out.length, packedAt,
      patches: createPatches(type, module, tables, rows, list(together, geometry.channels * planeSize, c.positions)),
      blocks: blockSizes(type, terms, together * c.out.length),
      kernelAt: all ? null : tables.add(Int32Array.from(list(perGroup, kernelSize, c.kernel), (o) => o * bytes)),
      outAt: tables.add(runs.offsets), kindsAt: tables.add(runs.kinds),
      direct: together === 1 && classes.length === 1,
    }
  })
  const few = plans.length === 1 && plans[0].direct && plans[0].kernelAt === null && m <= FEW_ROWS ? windowTables(geometry, bytes, tables) : null
  const packedBytes = few ? 0 : packedSize * bytes
  const stripBytes = Math.max(0, ...plans.map((p) => p.blocks.k * p.blocks.columns * bytes))
  const edgeBytes = Math.min(mostRows, panelRows) * tileColumns * bytes
  const spreadBytes = Math.max(0, ...plans.map((p) => (p.direct ? 0 : m * p.blocks.columns * bytes)))
  const up = (n: number): number => Math.ceil(n / 64) * 64
  const at = { input: 0, packed: up(input.byteLength), strips: 0, edge: 0, spread: 0 }
  at.strips = at.packed + up(groups * packedBytes)
  at.edge = at.strips + up(stripBytes)
  at.spread = at.edge + up(edgeBytes)

  const packKernel = (kernel: number, packed: number, table: number): void => {
    for (let g = 0; g < groups; g++) {
      const from = kernel + g * m * perGroup * kernelSize * bytes, stride = perGroup * kernelSize * bytes
      for (const { terms, kernelAt, packedAt, blocks } of plans) {
        let to = packed + g * packedBytes + packedAt
        for (let p = 0; p < terms; p += blocks.k) {
          const k = Math.min(blocks.k, terms - p)
          if (kernelAt === null) module.packPanels(to, from + p * bytes, stride, bytes, m, k, k * tileRows * bytes)
          else module.packPanelsAt(to, from, stride, table + kernelAt + 4 * p, m, k)
          to += panelRows * k * bytes
        }
      }
    }
  }
  /** All outputs of one class and group for `count` images. */
  const product = (plan: ClassPlan, count: number, base: number, packed: number, out: number, scratch: number, table: number): void => {
    const { terms, positions, patches, blocks, direct } = plan, columns = count * positions
    for (let j = 0; j < columns; j += blocks.columns) {
      const n = Math.min(blocks.columns, columns - j), rowBytes = (direct ? outSize : n) * bytes
      const target = direct ? out + j * bytes : scratch + at.spread, edgeStrip = Math.floor(n / tileColumns) * tileColumns
      for (let p = 0; p < terms; p += blocks.k) {
        const k = Math.min(blocks.k, terms - p), strips = scratch + at.strips
        patches.pack(strips, base, table, p, k, j, n)
        for (let i = 0; i < m; i += mostRows) {
          module.block(
            packed + (panelRows * p + i * k) * bytes, 0, tileRows * bytes, k * tileRows * bytes, strips, tileColumns * bytes, k * tileColumns * bytes, strips + edgeStrip * k * bytes,
            target + i * rowBytes, rowBytes, Math.min(mostRows, m - i), n, k, scratch + at.edge, 1, p === 0 ? 0 : 1,
          )
        }
      }
      if (!direct) module.spread(target, rowBytes, out, outSize * bytes, table + plan.outAt + 4 * j, table + plan.kindsAt + (4 * j) / lanes, m, n)
    }
  }
  return {
    tables: tables.finish(), scratchBytes: at.spread + up(spreadBytes),
    run: ([xAt, wAt], outputs, scratch, table) => {
      if (plans.length < classes.length) zero(outputs)
      module.clear(scratch + at.input, input.byteLength)
      if (!few) packKernel(wAt, scratch + at.packed, table)
      for (let first = 0; first < images; first += together) {
        const count = Math.min(together, images - first), base = input.load(scratch + at.input, xAt, first, count)
        if (few) {
          for (let row = 0; row < m; row++) {
            module.windowSum(
              base, perGroup * planeSize * bytes, outputs[0] + (first * outChannels + row) * outSize * bytes, m * outSize * bytes, wAt + row * plans[0].terms * bytes, m * plans[0].terms * bytes,
              groups, table + few.positionsAt, table + few.kindsAt, outSize, table + few.termsAt, plans[0].terms,
            )
          }
        } else for (const plan of plans) {
          for (let g = 0; g < groups; g++) {
            product(plan, count, base + g * perGroup * planeSize * bytes, scratch + at.packed + g * packedBytes + plan.packedAt,
              outputs[0] + (first * outChannels + g * m) * outSize * bytes, scratch, table)
          }
        }
      }
    },
  }
}
