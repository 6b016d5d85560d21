import type { Tiles } from '../../session/messages.ts'

/** The numbers of a unit's image. */
export const valuesOf = ({ side, values }: Tiles, index: number): Float32Array =>
  values.subarray(index * side * side, (index + 1) * side * side)
