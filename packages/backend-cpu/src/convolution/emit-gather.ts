import {
  i32,
  i32x4,
  shuffle,
  v128,
  type FunctionBuilder,
  type Lanes,
  type Local,
  type Value,
} from '@gradloom/blas-wasm'

type Address = Value<'i32'>

/** One vector from an address per lane. */
export function gather(lanes: Lanes, addresses: readonly Address[]): Value<'v128'> {
  const lane = lanes.count === 4 ? v128.load32Lane : v128.load64Lane
  return addresses.slice(1).reduce((vector, address, i) => lane(address, vector, i + 1), lanes.loadZero(addresses[0]))
}

/** All ones in the first `count` of four lanes. */
export const firstLanes = (count: Address): Value<'v128'> => i32x4.gtS(i32x4.splat(count), i32x4.const(0, 1, 2, 3))

/** The vector at `first` in the lanes of `mask`, and in the others the one that ends with the element at `last`. */
export const twoRuns = (lanes: Lanes, mask: Value<'v128'>, first: Address, last: Address): Value<'v128'> =>
  v128.bitselect(v128.load(first), v128.load(i32.sub(last, 16 - lanes.bytes)), mask)

/** Runs `contiguous`, `split` or `scattered` by the kind of a group, see `Offsets`. */
export function byKind(
  f: FunctionBuilder,
  lanes: Lanes,
  kind: Local<'i32'>,
  contiguous: () => void,
  split: () => void,
  scattered: () => void,
): void {
  f.if(i32.eq(kind, lanes.count), contiguous, () => (lanes.count === 4 ? f.if(kind, split, scattered) : scattered()))
}

/** Vectors of rows to vectors of columns. */
export function transposed(f: FunctionBuilder, lanes: Lanes, rows: readonly Value<'v128'>[]): Value<'v128'>[] {
  if (lanes.count === 2)
    return [
      [0, 2],
      [1, 3],
    ].map((lane) => shuffle(rows[0], rows[1], ...lane))
  const halves = [
    [0, 4, 1, 5],
    [2, 6, 3, 7],
  ].map((lane) => [f.let(shuffle(rows[0], rows[1], ...lane)), f.let(shuffle(rows[2], rows[3], ...lane))] as const)
  return halves.flatMap(([ab, cd]) => [shuffle(ab, cd, 0, 1, 4, 5), shuffle(ab, cd, 2, 3, 6, 7)])
}
