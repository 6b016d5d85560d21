import { sizeOf } from '@gradloom/core'
import { getOrInsert } from '@gradloom/core/extend'
import { geometryOf, type Geometry } from '../convolution/geometry.ts'
import type { Band } from '../convolution/grid.ts'
import type { TableWriter } from '../convolution/tables.ts'

/** One entry per spatial axis. */
export interface Windows {
  readonly kernel: readonly number[]
  readonly stride: readonly number[]
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
}

/** Bytes of planes that are copied at a time, to be read while they are in the second-level cache. */
const COPY_BYTES = 131_072

/** How windows over planes are read. `vectors`: neighbouring windows shall read neighbouring elements. */
export function windowGeometry(
  size: readonly number[],
  out: readonly number[],
  { kernel, stride, padding, dilation }: Windows,
  vectors: boolean,
): Geometry {
  return geometryOf(
    [1, 1, ...size],
    [1, 1, ...kernel],
    [1, 1, ...out],
    { stride, padding, dilation, inputDilation: stride.map(() => 1), groups: 1 },
    vectors,
  )
}

/** Where in `tables` each band has, of every window, the place of its first tap that is no padding, or of its last one
 * where all are. Empty where nothing is padded. */
export function firstTapTables(
  windows: Windows,
  out: readonly number[],
  bands: readonly Band[],
  tables: TableWriter,
): ReadonlyMap<Band, number> {
  const { padding, stride } = windows
  if (padding.every(([before]) => before === 0)) return new Map()
  const known = new Map<string, number>()
  const begins = bands.map((band): [Band, number] => {
    // Windows that begin behind the padding are alike.
    const start = out.map((size, i) => {
      const q = Math.floor(band.first / sizeOf(out.slice(i + 1))) % size
      return Math.min(q, Math.ceil(padding[i][0] / stride[i]))
    })
    const at = getOrInsert(known, `${band.table}:${start.join()}`, () => tables.add(firstTaps(windows, out, band)))
    return [band, at]
  })
  return new Map(begins)
}

function firstTaps({ kernel, stride, padding, dilation }: Windows, out: readonly number[], band: Band): Int32Array {
  const place = new Int32Array(band.count)
  for (let j = 0; j < place.length; j++) {
    let rest = band.first + j
    let step = 1
    for (let i = out.length - 1; i >= 0; i--) {
      const before = padding[i][0] - (rest % out[i]) * stride[i]
      place[j] += step * Math.min(Math.max(0, Math.ceil(before / dilation[i])), kernel[i] - 1)
      rest = Math.floor(rest / out[i])
      step *= kernel[i]
    }
  }
  return place
}

/** Planes to copy at a time. */
export const planesTogether = ({ copy, planeSize }: Geometry, planes: number, bytes: number): number =>
  copy ? Math.min(planes, Math.max(1, Math.floor(COPY_BYTES / (planeSize * bytes)))) : planes

/** Runs over the bands of `count` planes: of all at once where there is but one band, since kernels find the outputs of
 * a plane behind those of the one before. `at` and `out` are elements from the first plane. */
export function forBands(
  { planeSize, classes: [{ bands }] }: Geometry,
  outSize: number,
  count: number,
  run: (band: Band, planes: number, at: number, out: number) => void,
): void {
  if (bands.length === 1) return run(bands[0], count, 0, 0)
  for (let plane = 0; plane < count; plane++)
    for (const band of bands) run(band, 1, plane * planeSize + band.at, plane * outSize + band.out)
}

/** Whether windows are 2 x 2 side by side, in rows of at least a vector of them. */
export const areTiles = (
  { kernel, stride, padding, dilation }: Windows,
  size: readonly number[],
  lanes: number,
): boolean =>
  kernel.length === 2 &&
  size[1] >= 2 * lanes &&
  kernel.every((k, i) => k === 2 && stride[i] === 2 && dilation[i] === 1 && padding[i][0] === 0 && padding[i][1] === 0)
