import type { ConvolutionModule } from './module.ts'
import type { Geometry } from './geometry.ts'

/** Brings images into the form that patches are read from. */
export interface InputCopy {
  /** Bytes for a group of images; 0 where they are read in place. */
  readonly byteLength: number
  /** Once before the first group of a run: what stays 0. */
  clear(to: number): void
  /** Copies images [first, first + count) of x; gives the address where patches of the first begin. */
  load(to: number, x: number, first: number, count: number): number
}

export function createInputCopy({ copy, channels, planeSize }: Geometry, imageSize: number, images: number, bytes: number, module: ConvolutionModule): InputCopy {
  if (!copy) return { byteLength: 0, clear: () => {}, load: (_, x, first) => x + first * imageSize * bytes }
  const byteLength = images * channels * planeSize * bytes, { depth, rows, parts, step, fromStrides, toStrides } = copy
  return {
    byteLength,
    clear: (to) => module.clear(to, byteLength),
    load: (to, x, first, count) => {
      for (const part of parts) {
        module.copyRows(
          to + part.to * bytes, x + (first * imageSize + part.from) * bytes, count * channels, depth, rows, part.count,
          planeSize * bytes, toStrides[0] * bytes, toStrides[1] * bytes,
          (imageSize / channels) * bytes, fromStrides[0] * bytes, fromStrides[1] * bytes, step * bytes,
        )
      }
      return to
    },
  }
}
