import { IndexError } from '@gradloom/core'
import type { CpuKernel } from './kernel.ts'

/** The index as a position in [0, size); negative ones count from the end. @throws IndexError naming value and place */
export function position(name: string, index: number, size: number, place: number): number {
  if (index < -size || index >= size)
    throw new IndexError(`${name}: indices in [${-size}, ${size}) required, got ${index} at position ${place}`)
  return index < 0 ? index + size : index
}

/** Passes indices through if all are in [0, size) or the ignored one. @throws IndexError naming the first other */
export const checkIndices: CpuKernel<{
  readonly size: number
  readonly ignoreIndex: number | null
  readonly owner: string
}> = ({ inputs: [x], outputs: [y], attrs: { size, ignoreIndex, owner } }) => {
  const at = x.data.findIndex((v) => (v < 0 || v >= size) && v !== ignoreIndex)
  if (at >= 0) throw new IndexError(`${owner}: indices in [0, ${size}) required, got ${x.data[at]} at position ${at}`)
  y.data.set(x.data)
}
