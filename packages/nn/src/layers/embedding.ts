import type { Tensor } from '@gradloom/core'
import { embedding as look } from '../embedding.ts'
import type { Layer } from './layer.ts'

/** A table of `count` rows, normal with deviation `std`; x are int32 row numbers. */
export const embedding = (
  count: number,
  features: number,
  { std = 1 }: { readonly std?: number } = {},
): Layer<{ table: Tensor }> => ({
  init: (rng) => ({ table: rng.normal([count, features], { std }) }),
  apply: ({ table }, ids) => look(table, ids),
})
