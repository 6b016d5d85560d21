import { IndexError } from '@gradloom/core'
import type { ReferenceKernel } from './kernel.ts'

/** The indices themselves, where each is in [0, size) or is the one to ignore. */
export const checkIndices: ReferenceKernel = (
  { size, ignoreIndex, owner }: { readonly size: number; readonly ignoreIndex: number | null; readonly owner: string },
  [indices],
  [out],
) => {
  indices.data.forEach((index, at) => {
    if (!(index >= 0 && index < size) && index !== ignoreIndex)
      throw new IndexError(`${owner}: an index in [0, ${size}) required, got ${index} at position ${at}`)
    out.data[at] = index
  })
}
