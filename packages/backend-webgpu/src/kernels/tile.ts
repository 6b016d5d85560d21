import type { Tuning } from './tuning.ts'

/** How a product is cut: the results of an invocation in each direction, and the parts of a long sum. */
export interface Tile {
  readonly rows: number
  readonly columns: number
  /** Terms of a part, `k` where the sum is not cut. */
  readonly terms: number
}
export interface ProductShape {
  /** How many products. */
  readonly batch: number
  readonly m: number
  readonly n: number
  readonly k: number
}

/** Terms of a partial sum: rounding errors of a long sum grow with the number of terms, those of parts do not. */
export const PART = 128
const SIDES = [1, 2, 4, 8, 16]
/** Beyond, adding the parts up costs more than it saves. */
export const PARTS: readonly number[] = [1, 2, 4, 8, 16, 32, 64]

/**
 * The tile of least cost. An invocation with a tile of r x c results loads r + c numbers for r c multiplications, so
 * that large tiles load less; with fewer invocations than the adapter wants it idles as if there were as many:
 *
 *     max(tiles parts, invocations) (r c + load (r + c)) terms
 *
 * A sum that is cut is added up by a second kernel, which reads every part: (parts + 1) load a result, and a dispatch.
 * @param across sides along the columns
 */
export function tileOf(
  { batch, m, n, k }: ProductShape,
  { invocations, load, dispatch, side }: Tuning,
  across: readonly number[] = sidesFor(n, side),
): Tile {
  const tiles = PARTS.flatMap((parts) => {
    const terms = parts === 1 ? k : Math.ceil(k / parts / PART) * PART
    return sidesFor(m, side).flatMap((rows) => across.map((columns): Tile => ({ rows, columns, terms })))
  })
  return cheapest(tiles, ({ rows, columns, terms }) => {
    const parts = Math.max(1, Math.ceil(k / Math.max(1, terms)))
    const second = parts === 1 ? 0 : Math.max(batch * m * n, invocations) * (parts + 1) * load + dispatch
    const count = batch * Math.ceil(m / rows) * Math.ceil(n / columns) * parts
    return Math.max(count, invocations) * (rows * columns + load * (rows + columns)) * terms + second
  })
}

/** The first of those that cost least. */
export function cheapest<T>(list: readonly T[], costOf: (one: T) => number): T {
  const costs = list.map(costOf)
  return list[costs.indexOf(Math.min(...costs))]
}

/** The tile of least cost where the sum stays whole. @param across sides along the columns */
export const wholeTileOf = (shape: ProductShape, tuning: Tuning, across: readonly number[]): Tile =>
  tileOf({ ...shape, k: Math.min(shape.k, PART) }, tuning, across)

/** Sides of a tile that cut a line into equal shares, as few as sides allow or some more. */
export function sharesOf(size: number, { side }: Tuning): number[] {
  const least = Math.ceil(size / side)
  return Array.from({ length: 16 }, (_, i) => Math.max(1, Math.ceil(size / Math.max(1, least + i))))
}

/** Sides of a tile that `size` lines fill. */
export const sidesFor = (size: number, most: number): number[] =>
  SIDES.filter((side) => side <= Math.min(most, Math.max(1, size)))
