import { sizeOf } from '@gradloom/core'

/** Positions that tables hold at most: a table of that many takes a millisecond to make and stays in the second-level
 * cache. */
const MOST_POSITIONS = 65_536
/** Bands of an axis that is cut begin at whole strips and vectors of any type. */
const ALIGNMENT = 64

/** Outputs along one axis: from one to the next, elements that are read move by `step`, elements written by `out`. */
export interface GridAxis {
  readonly count: number
  readonly step: number
  readonly out: number
}

/** Offsets of outputs from the first of a band, in what is read and in what is written. */
export interface GridTable {
  readonly positions: Int32Array
  readonly out: Int32Array
}

/** Outputs [first, first + count) of a grid: all that one of its tables has, moved by `at` where they read and by `out`
 * where they are written. */
export interface Band {
  readonly table: number
  readonly first: number
  readonly count: number
  readonly at: number
  readonly out: number
}

/** Outputs in row-major order, in bands that share tables. */
export interface Grid {
  /** Of whole bands, and where they do not come out even, of those that are left. */
  readonly tables: readonly GridTable[]
  readonly bands: readonly Band[]
}

/** `first`: where the first output is written. Bands are cut along the outermost axis that they can have whole parts
 * of. */
export function gridOf(axes: readonly GridAxis[], first: number): Grid {
  const counts = axes.map((axis) => axis.count)
  const innerOf = (axis: number): number => sizeOf(counts.slice(axis + 1))
  const cut = axes.findIndex((_, axis) => innerOf(axis) <= MOST_POSITIONS)
  const inner = innerOf(cut)
  const { count, step, out } = axes[cut]
  const most = Math.max(1, Math.floor(MOST_POSITIONS / inner))
  const even = Math.ceil(count / Math.ceil(count / most))
  const length = inner === 1 ? Math.min(count, Math.ceil(even / ALIGNMENT) * ALIGNMENT) : even
  const offsets = (of: 'step' | 'out', sizes: readonly number[]): Int32Array =>
    offsetsOf(
      sizes,
      axes.map((axis) => axis[of]),
    )
  const tables = [length, count % length]
    .filter((n) => n > 0)
    .map((n): GridTable => {
      const sizes = [...counts.slice(0, cut).map(() => 1), n, ...counts.slice(cut + 1)]
      return { positions: offsets('step', sizes), out: offsets('out', sizes) }
    })
  const outer = counts.slice(0, cut)
  const outerOut = offsets('out', outer)
  const bands = Array.from(offsets('step', outer), (at, o) =>
    Array.from({ length: Math.ceil(count / length) }, (_, b): Band => {
      const begin = b * length
      return {
        table: begin + length <= count ? 0 : 1,
        first: (o * count + begin) * inner,
        count: Math.min(length, count - begin) * inner,
        at: at + begin * step,
        out: first + outerOut[o] + begin * out,
      }
    }),
  ).flat()
  return { tables, bands }
}

/** All sums of a multiple below `counts[i]` of each step, the last one varying fastest. */
function offsetsOf(counts: readonly number[], steps: readonly number[]): Int32Array {
  let list = Int32Array.of(0)
  counts.forEach((count, axis) => {
    const longer = new Int32Array(list.length * count)
    let i = 0
    for (const at of list) for (let q = 0; q < count; q++) longer[i++] = at + q * steps[axis]
    list = longer
  })
  return list
}
