import type { Lanes } from '../lanes.ts'
import type { FunctionBuilder, Local } from '../wasm/function.ts'
import type { Module } from '../wasm/module.ts'
import { i32x4, i64x2, v128 } from '../wasm/simd.ts'
import type { Operand, Value } from '../wasm/value.ts'

/** A vector value. */
export type V = Value<'v128'>
type Vector = Operand<'v128'>

/** What a formula is written with: vector arithmetic of one real type inside one function. */
export interface Formula {
  readonly m: Module
  readonly f: FunctionBuilder
  readonly lanes: Lanes
  readonly single: boolean
  /** Bits of the fraction: 23 or 52. */
  readonly fraction: number
  /** Integer lanes of the same width. */
  readonly int: Pick<typeof i64x2, 'add' | 'sub' | 'shl' | 'shrU'>
  /** A constant in a local that is set on entry to the function. */
  k(x: number): V
  /** A bit pattern, likewise. */
  bits(x: bigint): V
  /** Pins a value that is used more than once. */
  let(x: V): Local<'v128'>
  add(a: Vector, b: Vector): V
  sub(a: Vector, b: Vector): V
  mul(a: Vector, b: Vector): V
  /** a b + c */
  fma(a: Vector, b: Vector, c: Vector): V
  /** c - a b */
  fnma(a: Vector, b: Vector, c: Vector): V
  /** c0 + c1 x + c2 x^2 ..., by Horner's rule in x^2 (`square`, where it is at hand) over pairs: half as long a chain.
   * */
  polynomial(x: V, coefficients: readonly number[], square?: V): V
  /** x clamped from above or below; NaN stays NaN. */
  atMost(x: V, limit: number): V
  atLeast(x: V, limit: number): V
}

/** The formula writer for lanes of a type within `f`. */
export function formula(m: Module, f: FunctionBuilder, lanes: Lanes): Formula {
  const { vector } = lanes
  const single = lanes.type === 'f32'
  const fraction = single ? 23 : 52
  const int = single ? i32x4 : i64x2
  const constants = new Map<number, V>()
  const k = (x: number): V => {
    const key = Object.is(x, -0) ? NaN : x // NaN itself is never asked for
    let v = constants.get(key)
    if (!v) constants.set(key, (v = f.hoist(vector.splat(x))))
    return v
  }
  const up = (x: Vector): V => (typeof x === 'object' ? x : k(Number(x)))
  const self: Formula = {
    m,
    f,
    lanes,
    single,
    fraction,
    int,
    k,
    bits: (x) => f.hoist(i64x2.splat(single ? (x << 32n) | x : x)),
    let: (x) => f.let(x),
    add: (a, b) => vector.add(up(a), up(b)),
    sub: (a, b) => vector.sub(up(a), up(b)),
    mul: (a, b) => vector.mul(up(a), up(b)),
    fma: (a, b, c) => lanes.fma(up(a), up(b), up(c)),
    fnma: (a, b, c) =>
      lanes.relaxed ? vector.relaxedNmadd(up(a), up(b), up(c)) : vector.sub(up(c), vector.mul(up(a), up(b))),
    polynomial: (x, coefficients, square) => {
      const z = square ?? self.let(self.mul(x, x))
      const pairs = coefficients.flatMap((c, i) =>
        i % 2 ? [] : i + 1 < coefficients.length ? [self.fma(coefficients[i + 1]!, x, c)] : [k(c)],
      )
      return pairs.reduceRight((sum, pair) => self.fma(sum, z, pair))
    },
    atMost: (x, limit) => vector.pmin(x, k(limit)),
    atLeast: (x, limit) => vector.pmax(x, k(limit)),
  }
  return self
}

/** `mask ? a : b`, lane by lane. */
export const choose = (mask: Vector, a: Vector, b: Vector): V => v128.bitselect(a, b, mask)

/** The magnitude of `x` with the sign of `sign`. `signBit`: only the sign bits set. */
export const withSign = (x: V, sign: V, signBit: V): V => v128.or(x, v128.and(sign, signBit))
