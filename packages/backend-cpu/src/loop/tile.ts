import { byteSize } from '@gradloom/core'
import type { Space } from './space.ts'

/** Columns of a tile: two vectors of float32, and as many cache lines as a first-level cache keeps of one set. */
const TILE = 8
/** A tile pays where a walk down a column leaves the first-level cache. */
const FAR_BYTES = 32_768

/** An elementwise kernel that reads against the grain (a transpose) walks tiles: dimensions [.., rows, columns] become
 * [.., column tiles, rows, columns of a tile], so that the cache lines that a row of the tile fetches serve the next
 * rows. */
export function tiled(space: Space): Space {
  const { outer, inner, affines, phases } = space
  const last = outer.length - 1
  const columns = outer[last]
  if (inner.length > 0 || last < 1 || columns <= TILE || columns % TILE !== 0) return space
  const reads = phases
    .flatMap((p) => p.affine)
    .filter((k) => k >= 0 && affines[k].slot >= 0)
    .map((k) => affines[k])
  const far = reads.find(
    ({ strides, dtype }) =>
      Math.abs(strides[last]) > byteSize(dtype) &&
      Math.abs(strides[last]) * columns > FAR_BYTES &&
      strides.slice(0, last).some((s) => Math.abs(s) === byteSize(dtype)),
  )
  if (!far) return space
  const rows = far.strides.findIndex((s) => Math.abs(s) === byteSize(far.dtype))
  const others = outer.map((_, d) => d).filter((d) => d !== rows && d !== last)
  return {
    ...space,
    outer: [...others.map((d) => outer[d]), columns / TILE, outer[rows], TILE],
    affines: affines.map((a) => ({
      ...a,
      strides: [...others.map((d) => a.strides[d]), a.strides[last] * TILE, a.strides[rows], a.strides[last]],
    })),
  }
}
