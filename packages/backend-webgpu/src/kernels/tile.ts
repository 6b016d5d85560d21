import type { Tuning } from './tuning.ts'

/** How a product is cut: the results of an invocation in each direction, and the parts of a long sum. */
export interface Tile {
  readonly rows: number
  readonly columns: number
  /** Terms of a part, `k` where the sum is not cut. */
  readonly terms: number
  /** How a workgroup computes it together; an invocation does by itself where there is none. */
  readonly block?: Block
}
/** A tile whose operands a workgroup takes to its memory, so that each is read once for a row or column of them. */
export interface Block {
  readonly rows: number
  readonly columns: number
  /** Rows of an invocation, of 4 columns. */
  readonly tall: number
  /** What a multiplication costs, in those of tiles of one invocation. */
  readonly cost: number
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
/** On a card with 132 multiprocessors, where a tile of one invocation makes 11 multiplications a picosecond, these make
 * 17, 13, 13 and 11 and have more or fewer of them to share out. */
const BLOCKS: readonly Block[] = [
  { rows: 64, columns: 64, tall: 8, cost: 1.3 },
  { rows: 32, columns: 64, tall: 4, cost: 1.75 },
  { rows: 64, columns: 32, tall: 4, cost: 1.75 },
  { rows: 32, columns: 32, tall: 4, cost: 2 },
]
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
  shape: ProductShape,
  tuning: Tuning,
  across: readonly number[] = sidesFor(shape.n, tuning.side),
): Tile {
  return cheapest(tilesOf(shape, tuning, across), (tile) => costOf(shape, tuning, tile))
}

function tilesOf({ m, k }: ProductShape, { side }: Tuning, across: readonly number[]): Tile[] {
  const down = sidesFor(m, side)
  return partsOf(k).flatMap((terms) =>
    down.flatMap((rows) => across.map((columns): Tile => ({ rows, columns, terms }))),
  )
}

/** Terms of a part, by the number of parts. */
const partsOf = (k: number): number[] => PARTS.map((parts) => (parts === 1 ? k : Math.ceil(k / parts / PART) * PART))

function costOf({ batch, m, n, k }: ProductShape, tuning: Tuning, { rows, columns, terms, block }: Tile): number {
  const { invocations, load, dispatch, workgroups } = tuning
  const parts = Math.max(1, Math.ceil(k / Math.max(1, terms)))
  const second = parts === 1 ? 0 : Math.max(batch * m * n, invocations) * (parts + 1) * load + dispatch
  const count = batch * Math.ceil(m / rows) * Math.ceil(n / columns) * parts
  const work = block
    ? Math.max(count, workgroups) * rows * columns * block.cost
    : Math.max(count, invocations) * (rows * columns + load * (rows + columns))
  return work * terms + second
}

/** The cheapest of tiles that invocations compute alone, and of those that workgroups compute together. */
export function productTile(shape: ProductShape, tuning: Tuning): Tile {
  const alone = tilesOf(shape, tuning, sidesFor(shape.n, tuning.side))
  const together = tuning.workgroups
    ? partsOf(shape.k).flatMap((terms) =>
        BLOCKS.map((block): Tile => ({ rows: block.rows, columns: block.columns, terms, block })),
      )
    : []
  return cheapest([...alone, ...together], (tile) => costOf(shape, tuning, tile))
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
