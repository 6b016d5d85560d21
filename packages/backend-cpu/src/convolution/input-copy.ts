import type { WasmExports } from '../kernels/modules.ts'
import type { Geometry } from './geometry.ts'

/** Brings images into the form that patches are read from. The caller fills the target once, with what padding holds.
 * */
export interface InputCopy {
  /** Bytes for a group of images; 0 where they are read in place. */
  readonly byteLength: number
  /** Copies images [first, first + count) of x; gives the address where patches of the first begin. */
  load(to: number, x: number, first: number, count: number): number
}

export function createInputCopy(
  { copy, channels, planeSize }: Geometry,
  imageSize: number,
  images: number,
  bytes: number,
  { copyRows }: Pick<WasmExports, 'copyRows'>,
): InputCopy {
  if (!copy) return { byteLength: 0, load: (_, x, first) => x + first * imageSize * bytes }
  const byteLength = images * channels * planeSize * bytes
  const { depth, rows, parts, step, fromStrides, toStrides } = copy
  return {
    byteLength,
    load: (to, x, first, count) => {
      for (const part of parts) {
        copyRows(
          to + part.to * bytes,
          x + (first * imageSize + part.from) * bytes,
          count * channels,
          depth,
          rows,
          part.count,
          planeSize * bytes,
          toStrides[0] * bytes,
          toStrides[1] * bytes,
          (imageSize / channels) * bytes,
          fromStrides[0] * bytes,
          fromStrides[1] * bytes,
          step * bytes,
        )
      }
      return to
    },
  }
}
