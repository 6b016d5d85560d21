import { i32x4, i64x2, shuffle, v128, type FunctionHandle, type Module } from '@gradloom/blas-wasm'
import type { Vector } from './lanes.ts'

const ROUNDS = 10

type V5 = readonly ['v128', 'v128', 'v128', 'v128', 'v128']

/**
 * Philox 4x32-10, first word, for four counters (index, stream, counter, 0) at once.
 * @see J. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011: multipliers and Weyl constants of
 * section 3.3.
 */
export const philox = (m: Module): FunctionHandle<V5, 'v128'> =>
  m.once('philox', () =>
    m.func({ name: 'philox', params: ['v128', 'v128', 'v128', 'v128', 'v128'], result: 'v128' }, (f) => {
      const [index, stream, key0, key1, counter] = f.params
      const x0 = f.let(index)
      const x1 = f.let(stream)
      const x2 = f.let(counter)
      const x3 = f.let(f.hoist(i32x4.splat(0)))
      /** The 64-bit products of two lanes each. */
      const products = (x: Vector, multiplier: number): [a: Vector, b: Vector] => {
        const k = f.hoist(i32x4.splat(multiplier))
        return [f.let(i64x2.extmulLowU(x, k)), f.let(i64x2.extmulHighU(x, k))]
      }
      const high = ([a, b]: readonly [Vector, Vector]): Vector => shuffle(a, b, 1, 3, 5, 7)
      const low = ([a, b]: readonly [Vector, Vector]): Vector => shuffle(a, b, 0, 2, 4, 6)
      // Written out, which takes a seventh less than a loop of rounds.
      for (let round = 1; round < ROUNDS; round++) {
        const first = products(x0, 0xd2511f53)
        const second = products(x2, 0xcd9e8d57)
        f.set(x0, xor3(high(second), x1, key0))
        f.set(x1, low(second))
        f.set(x2, xor3(high(first), x3, key1))
        f.set(x3, low(first))
        f.set(key0, i32x4.add(key0, 0x9e3779b9))
        f.set(key1, i32x4.add(key1, 0xbb67ae85))
      }
      // The first word of the last round needs one of its products.
      f.set(x0, xor3(high(products(x2, 0xcd9e8d57)), x1, key0))
      f.return(x0)
    }),
  )

const xor3 = (a: Vector, b: Vector, c: Vector): Vector => v128.xor(v128.xor(a, b), c)
