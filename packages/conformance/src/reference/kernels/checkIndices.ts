import { IndexError } from '@gradloom/core'
import type { ReferenceKernel } from './kernel.ts'

/** The indices themselves, where all of them are in [0, size). */
export const checkIndices: ReferenceKernel = ({ size }: { readonly size: number }, [indices], [out]) => {
  indices.data.forEach((index, at) => {
    if (!(index >= 0 && index < size)) throw new IndexError(`checkIndices: an index in [0, ${size}) required, got ${index} at position ${at}`)
    out.data[at] = index
  })
}
