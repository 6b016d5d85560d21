import { i32, v128, type FunctionBuilder, type Lanes, type Local, type Value } from '@gradloom/blas-wasm'
import { byKind, firstLanes, gather, twoRuns } from './emit-gather.ts'

const WORD = 4
type Vector = Value<'v128'>

/** The tail of a window kernel's parameters: positions, kinds, count, taps, tapCount. */
export const windowParams: readonly ['i32', 'i32', 'i32', 'i32', 'i32'] = ['i32', 'i32', 'i32', 'i32', 'i32']

/** What is folded over windows, tap by tap, for up to `wide` vectors of outputs at a time: state in locals. */
export interface WindowFold {
  readonly wide: number
  /** `values`: the first tap of each vector. */
  start(values: readonly Vector[]): void
  next(values: readonly Vector[], tap: Local<'i32'>): void
  /** Stores the results of vector `i` for output `at` (an element) on; with `lane`, that lane alone. */
  store(i: number, at: Value<'i32'>, lane?: number): void
}

/** Parameters of a kernel over windows: tables of byte offsets into a plane, of the outputs and of the taps. */
export interface WindowTables {
  readonly x: Local<'i32'>
  readonly positions: Local<'i32'>
  readonly kinds: Local<'i32'>
  readonly count: Local<'i32'>
  readonly taps: Local<'i32'>
  readonly tapCount: Local<'i32'>
}

/** Folds the windows of all outputs of the plane at x: several vectors at a time where their outputs read neighbours.
 * */
export function forWindows(
  f: FunctionBuilder,
  lanes: Lanes,
  { x, positions, kinds, count, taps, tapCount }: WindowTables,
  fold: WindowFold,
): void {
  const j = f.local('i32')
  const tap = f.local('i32')
  const offset = f.local('i32')
  const at = f.local('i32')
  const baseOf = (output: Value<'i32'>, lane = 0): Local<'i32'> =>
    f.let(i32.add(x, i32.load(i32.add(positions, i32.shl(output, 2)), lane * WORD)))
  const kindAt = (): Value<'i32'> => i32.add(kinds, i32.mul(i32.divU(j, lanes.count), WORD))
  const each = (load: (offset: Local<'i32'>) => readonly Vector[]): void => {
    f.set(offset, i32.load(taps))
    fold.start(load(offset))
    f.set(at, i32.add(taps, WORD))
    f.for(tap, 1, tapCount, 1, () => {
      f.set(offset, i32.load(at))
      fold.next(load(offset), tap)
      f.advance(at, WORD)
    })
  }
  const single = (): void => {
    const base = Array.from({ length: lanes.count }, (_, i) => baseOf(j, i))
    const kind = f.let(i32.load(kindAt()))
    byKind(
      f,
      lanes,
      kind,
      () => each((o) => [v128.load(i32.add(base[0], o))]),
      () => {
        const mask = f.let(firstLanes(kind))
        each((o) => [twoRuns(lanes, mask, i32.add(base[0], o), i32.add(base.at(-1)!, o))])
      },
      () =>
        each((o) => [
          gather(
            lanes,
            base.map((b) => i32.add(b, o)),
          ),
        ]),
    )
    const left = f.let(i32.sub(count, j))
    f.if(
      i32.geS(left, lanes.count),
      () => fold.store(0, j),
      () => {
        for (let lane = 0; lane < lanes.count - 1; lane++)
          f.if(i32.gtS(left, lane), () => fold.store(0, i32.add(j, lane), lane))
      },
    )
    f.advance(j, lanes.count)
  }
  const vectors = Array.from({ length: fold.wide }, (_, i) => i)
  const block = fold.wide * lanes.count
  const neighbours = vectors
    .map((i) => i32.eq(i32.load(kindAt(), i * WORD), lanes.count))
    .reduce((a, b) => i32.and(a, b))
  f.set(j, 0)
  f.while(i32.ltS(j, count), () => {
    // Kinds past the last group are not read: whole blocks come first.
    f.if(
      i32.leS(i32.add(j, block), count),
      () =>
        f.if(
          neighbours,
          () => {
            const bases = vectors.map((i) => baseOf(i32.add(j, i * lanes.count)))
            each((o) => bases.map((b) => v128.load(i32.add(b, o))))
            for (const i of vectors) fold.store(i, i32.add(j, i * lanes.count))
            f.advance(j, block)
          },
          single,
        ),
      single,
    )
  })
}
