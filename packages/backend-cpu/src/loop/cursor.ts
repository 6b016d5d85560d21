import { i32, type FunctionBuilder, type Local, type Value } from '@gradloom/blas-wasm'
import type { Affine } from './space.ts'

/** Where each affine stands now: its address, or the value of an index. */
export type Cursors = readonly Value<'i32'>[]

/** Cursors that may walk along dimension `dim` and leave the given ones where they are. */
export const fork = (
  f: FunctionBuilder,
  affines: readonly Affine[],
  cursors: Cursors,
  dim: number,
  used: ReadonlySet<number>,
): Cursors => cursors.map((c, k) => (used.has(k) && affines[k].strides[dim] ? f.let(c) : c))

/** Moves forked cursors by `steps` along `dim`. */
export function advance(
  f: FunctionBuilder,
  affines: readonly Affine[],
  cursors: Cursors,
  dim: number,
  steps: number,
  used?: ReadonlySet<number>,
): void {
  affines.forEach(({ strides }, k) => {
    if (strides[dim] && (!used || used.has(k)))
      f.set(cursors[k] as Local<'i32'>, i32.add(cursors[k], strides[dim] * steps))
  })
}

/** Runs `body` `count` > 0 times. */
export function repeat(f: FunctionBuilder, count: number | Value<'i32'>, body: () => void): void {
  if (count === 1) return body()
  const left = f.let(typeof count === 'number' ? i32.const(count) : count)
  f.loop((again) => {
    body()
    f.brIf(again, f.tee(left, i32.sub(left, 1)))
  })
}

/** Runs `body` `count` > 0 times, and `after` each `chunk` of them and the last. */
export function repeatInChunks(
  f: FunctionBuilder,
  count: number,
  chunk: number,
  body: () => void,
  after: () => void,
): void {
  const left = f.let(i32.const(count))
  const now = f.local('i32')
  f.loop((again) => {
    f.set(now, chunk)
    f.if(i32.ltU(left, chunk), () => f.set(now, left))
    f.set(left, i32.sub(left, now))
    repeat(f, now, body)
    after()
    f.brIf(again, left)
  })
}
