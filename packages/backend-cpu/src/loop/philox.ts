import { i32x4, i64x2, shuffle, v128, type FunctionHandle, type Module } from '@gradloom/blas-wasm'
import type { Vector } from './lanes.ts'

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
      const x3 = f.local('v128')
      const round = f.local('i32')
      // High and low words of the four 64-bit products.
      const products = (x: Vector, multiplier: number): [high: Vector, low: Vector] => {
        const k = f.hoist(i32x4.splat(multiplier))
        const a = f.let(i64x2.extmulLowU(x, k))
        const b = f.let(i64x2.extmulHighU(x, k))
        return [f.let(shuffle(a, b, 1, 3, 5, 7)), f.let(shuffle(a, b, 0, 2, 4, 6))]
      }
      f.for(round, 0, 10, 1, () => {
        const [high0, low0] = products(x0, 0xd2511f53)
        const [high1, low1] = products(x2, 0xcd9e8d57)
        f.set(x0, xor3(high1, x1, key0))
        f.set(x1, low1)
        f.set(x2, xor3(high0, x3, key1))
        f.set(x3, low0)
        f.set(key0, i32x4.add(key0, 0x9e3779b9))
        f.set(key1, i32x4.add(key1, 0xbb67ae85))
      })
      f.return(x0)
    }),
  )

const xor3 = (a: Vector, b: Vector, c: Vector): Vector => v128.xor(v128.xor(a, b), c)
