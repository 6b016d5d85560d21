import { geometryOf, type Geometry } from '../convolution/geometry.ts'
import type { Band } from '../convolution/grid.ts'

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
