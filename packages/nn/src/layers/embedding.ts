import type { Tensor } from '@gradloom/core'
import { embedding as look } from '../embedding.ts'
import { joined, REQUIRED, settings } from '../settings.ts'
import { layer, type Layer } from './layer.ts'

/** A table of `rows` rows, normal with deviation `std`; x are int32 row numbers. */
export const embedding = (
  rows: number,
  features: number,
  options?: { readonly std?: number },
): Layer<{ table: Tensor }> => {
  const { std } = settings('embedding', joined(options, { rows, features }), {
    rows: REQUIRED,
    features: REQUIRED,
    std: 1,
  })
  return layer({
    init: (rng) => ({ table: rng.normal([rows, features], { std }) }),
    apply: ({ table }, ids) => look(table, ids),
  })
}
