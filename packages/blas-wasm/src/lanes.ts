import { f32, f64, type RealOps } from './wasm/scalar.ts'
import { f32x4, f64x2, v128, type Lanes as LaneAccess, type RealLanes } from './wasm/simd.ts'
import type { Load } from './wasm/address.ts'
import type { Operand, Value } from './wasm/value.ts'

/** Real types that the kernels are emitted for. */
export type Real = 'f32' | 'f64'

type Vector = Operand<'v128'>

/** What kernels for one real type are written with: the same code emits single and double precision. */
export interface Lanes {
  readonly type: Real
  readonly relaxed: boolean
  /** Prefix of keys and names: type and instruction set. */
  readonly key: string
  readonly bytes: 4 | 8
  /** log2 of `bytes`. */
  readonly shift: 2 | 3
  /** Lanes of a vector. */
  readonly count: 4 | 2
  readonly vector: RealLanes & LaneAccess<Real>
  readonly scalar: RealOps<Real>
  /** One number in every lane. */
  readonly loadSplat: Load<'v128'>
  /** One number in lane 0, zeros elsewhere. */
  readonly loadZero: Load<'v128'>
  /** a b + c: one rounding with relaxed SIMD where the machine has it, two without. */
  readonly fma: (a: Vector, b: Vector, c: Vector) => Value<'v128'>
}

/** Lanes of a real type, with or without relaxed SIMD. */
export function lanesOf(type: Real, relaxed: boolean): Lanes {
  const single = type === 'f32'
  const vector = (single ? f32x4 : f64x2) as RealLanes & LaneAccess<Real>
  const scalar = (single ? f32 : f64) as RealOps<Real>
  return {
    type,
    relaxed,
    key: `${type}${relaxed ? 'r' : ''}`,
    bytes: single ? 4 : 8,
    shift: single ? 2 : 3,
    count: single ? 4 : 2,
    vector,
    scalar,
    loadSplat: single ? v128.load32Splat : v128.load64Splat,
    loadZero: single ? v128.load32Zero : v128.load64Zero,
    fma: relaxed ? vector.relaxedMadd : (a, b, c) => vector.add(vector.mul(a, b), c),
  }
}
