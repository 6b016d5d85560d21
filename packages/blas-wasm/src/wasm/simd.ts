import { loader, type Load } from './address.ts'
import { unsigned } from './bytes.ts'
import { binary, table, unary, type Binary, type Table, type Unary } from './table.ts'
import { lift, node, type Lift, type Operand, type Value, type ValueType } from './value.ts'

type V = Value<'v128'>
type Vector = Operand<'v128'>
type Ternary = (a: Vector, b: Vector, c: Vector) => V
type Shift = (a: Vector, bits: Operand<'i32'>) => V
type LoadLane = (address: Operand<'i32'>, vector: V, lane: number, offset?: number) => V

const S = 0xfd0000 // prefix of every SIMD opcode

const ternary =
  (up: Lift) =>
  (op: number): Ternary =>
  (a, b, c) =>
    node('v128', op, [up(a), up(b), up(c)])
const shift =
  (up: Lift) =>
  (op: number): Shift =>
  (a, bits) =>
    node('v128', op, [up(a), lift.i32(bits)])
const laneLoad =
  (align: number) =>
  (op: number): LoadLane =>
  (address, vector, lane, offset = 0) =>
    node('v128', op, [lift.i32(address), vector], [align, ...unsigned(offset), lane])

/** Lanes of one scalar type: splat (a literal becomes a constant), lane access, constants lane by lane. */
export interface Lanes<T extends ValueType> {
  readonly splat: (x: Operand<T>) => V
  readonly extractLane: (a: Vector, lane: number) => Value<T>
  readonly replaceLane: (a: Vector, lane: number, x: Operand<T>) => V
  readonly const: (...lanes: readonly (number | bigint)[]) => V
}
const lanes = <T extends 'i32' | 'i64' | 'f32' | 'f64'>(
  type: T,
  up: Lift,
  splat: number,
  extract: number,
  count: number,
): Lanes<T> => ({
  splat: (x) => (typeof x === 'object' ? node('v128', S + splat, [x]) : (up(x) as V)),
  extractLane: (a, lane) => node(type, S + extract, [up(a)], [lane]),
  replaceLane: (a, lane, x) => node('v128', S + extract + 1, [up(a), lift[type](x)], [lane]),
  const: (...x) => {
    const size = 16 / count
    return node(
      'v128',
      S + 12,
      [],
      x.flatMap((lane) => up(lane).immediate.slice(0, size)),
    )
  },
})

const splats = 'load16Splat load32Splat load64Splat'
const zeros = 'load32Zero load64Zero'
const laneLoads = 'load16Lane load32Lane load64Lane'
const bitwise = 'and andnot or xor'

/** Untyped vectors. Bitwise ops take a number as a 32-bit pattern and a bigint as a 64-bit pattern in every lane. */
export const v128: Table<typeof splats | typeof zeros, Load<'v128'>> &
  Table<typeof laneLoads, LoadLane> &
  Table<typeof bitwise, Binary<'v128'>> & {
    readonly load: Load<'v128'>
    readonly not: Unary<'v128'>
    readonly anyTrue: Unary<'v128', 'i32'>
    /** Bits of `a` where the mask is 1, of `b` where it is 0. */
    readonly bitselect: Ternary
  } = {
  load: /* @__PURE__ */ loader('v128', 4)(S),
  .../* @__PURE__ */ table('load16Splat', S + 8, /* @__PURE__ */ loader('v128', 1)),
  .../* @__PURE__ */ table('load32Splat', S + 9, /* @__PURE__ */ loader('v128', 2)),
  .../* @__PURE__ */ table('load64Splat', S + 10, /* @__PURE__ */ loader('v128', 3)),
  .../* @__PURE__ */ table('load32Zero', S + 92, /* @__PURE__ */ loader('v128', 2)),
  .../* @__PURE__ */ table('load64Zero', S + 93, /* @__PURE__ */ loader('v128', 3)),
  .../* @__PURE__ */ table('load16Lane', S + 85, /* @__PURE__ */ laneLoad(1)),
  .../* @__PURE__ */ table('load32Lane', S + 86, /* @__PURE__ */ laneLoad(2)),
  .../* @__PURE__ */ table('load64Lane', S + 87, /* @__PURE__ */ laneLoad(3)),
  not: /* @__PURE__ */ unary<'v128', 'v128'>(lift.v128, 'v128')(S + 77),
  .../* @__PURE__ */ table(bitwise, S + 78, /* @__PURE__ */ binary<'v128', 'v128'>(lift.v128, 'v128')),
  bitselect: /* @__PURE__ */ ternary(lift.v128)(S + 82),
  anyTrue: /* @__PURE__ */ unary<'v128', 'i32'>(lift.v128, 'i32')(S + 83),
}

const realOrder = 'eq ne lt gt le ge'
const reals = 'add sub mul div min max pmin pmax'
const realUnary = 'abs neg _ sqrt'
const rounding = 'ceil floor trunc nearest'
const fused = 'relaxedMadd relaxedNmadd'

/**
 * `pmin(a, b)` is `b < a ? b : a`, `pmax(a, b)` is `a < b ? b : a` (as C writes them); `min`, `max` give NaN if either
 * is NaN.
 * The relaxed ops need relaxed SIMD: `relaxedMadd(a, b, c)` is a b + c and `relaxedNmadd` c - a b, with one rounding or
 * two.
 */
export type RealLanes = Table<typeof realOrder | typeof reals, Binary<'v128'>> &
  Table<typeof realUnary | typeof rounding, Unary<'v128'>> &
  Table<typeof fused, Ternary>
const realLanes = (
  up: Lift,
  order: number,
  arithmetic: number,
  fma: number,
): Omit<RealLanes, 'ceil' | 'floor' | 'trunc' | 'nearest'> => ({
  ...table(realOrder, S + order, binary<'v128', 'v128'>(up, 'v128')),
  ...table(realUnary, S + arithmetic, unary<'v128', 'v128'>(up, 'v128')),
  ...table(reals, S + arithmetic + 4, binary<'v128', 'v128'>(up, 'v128')),
  ...table(fused, S + fma, ternary(up)),
})
const un = (up: Lift, op: number): Unary<'v128'> => unary<'v128', 'v128'>(up, 'v128')(S + op)

/** Four 32-bit reals. */
export const f32x4: Lanes<'f32'> &
  RealLanes & {
    readonly convertI32x4S: Unary<'v128'>
    readonly convertI32x4U: Unary<'v128'>
    /** Two 64-bit lanes to the low two; the high two are 0. */
    readonly demoteF64x2Zero: Unary<'v128'>
  } = {
  .../* @__PURE__ */ lanes('f32', lift.f32x4, 19, 31, 4),
  .../* @__PURE__ */ realLanes(lift.f32x4, 65, 224, 0x105),
  .../* @__PURE__ */ table(rounding, S + 103, /* @__PURE__ */ unary<'v128', 'v128'>(lift.f32x4, 'v128')),
  convertI32x4S: /* @__PURE__ */ un(lift.i32x4, 250),
  convertI32x4U: /* @__PURE__ */ un(lift.i32x4, 251),
  demoteF64x2Zero: /* @__PURE__ */ un(lift.f64x2, 94),
}

/** Two 64-bit reals. */
export const f64x2: Lanes<'f64'> &
  RealLanes & {
    readonly convertLowI32x4S: Unary<'v128'>
    readonly convertLowI32x4U: Unary<'v128'>
    readonly promoteLowF32x4: Unary<'v128'>
  } = {
  .../* @__PURE__ */ lanes('f64', lift.f64x2, 20, 33, 2),
  .../* @__PURE__ */ realLanes(lift.f64x2, 71, 236, 0x107),
  ceil: /* @__PURE__ */ un(lift.f64x2, 116),
  floor: /* @__PURE__ */ un(lift.f64x2, 117),
  trunc: /* @__PURE__ */ un(lift.f64x2, 122),
  nearest: /* @__PURE__ */ un(lift.f64x2, 148),
  convertLowI32x4S: /* @__PURE__ */ un(lift.i32x4, 254),
  convertLowI32x4U: /* @__PURE__ */ un(lift.i32x4, 255),
  promoteLowF32x4: /* @__PURE__ */ un(lift.f32x4, 95),
}

const shifts = 'shl shrS shrU'
const extend = 'extendLowS extendHighS extendLowU extendHighU'
const products = 'extmulLowS extmulHighS extmulLowU extmulHighU'
const order32 = 'eq ne ltS ltU gtS gtU leS leU geS geU'
const order64 = 'eq ne ltS gtS leS geS'
const extremes = 'minS minU maxS maxU'

type IntegerLanes = Table<'abs neg', Unary<'v128'>> &
  Table<typeof shifts, Shift> &
  Table<typeof extend, Unary<'v128'>> &
  Table<typeof products | 'add sub mul', Binary<'v128'>>
const integerLanes = (up: Lift, narrow: Lift, first: number, multiply: number): IntegerLanes => {
  const two = binary<'v128', 'v128'>(up, 'v128')
  return {
    ...table('abs neg', S + first, unary<'v128', 'v128'>(up, 'v128')),
    ...table(extend, S + first + 7, unary<'v128', 'v128'>(narrow, 'v128')),
    ...table(shifts, S + first + 11, shift(up)),
    add: two(S + first + 14),
    sub: two(S + first + 17),
    mul: two(S + first + 21),
    ...table(products, S + multiply, binary<'v128', 'v128'>(narrow, 'v128')),
  }
}

/** Four 32-bit integers. `extend*` and `extmul*` read 16-bit lanes. */
export const i32x4: Lanes<'i32'> &
  IntegerLanes &
  Table<typeof order32 | typeof extremes, Binary<'v128'>> & {
    /** Toward zero, clamped to the range, NaN to 0. */
    readonly truncSatF32x4S: Unary<'v128'>
    readonly truncSatF32x4U: Unary<'v128'>
    readonly truncSatF64x2SZero: Unary<'v128'>
    readonly truncSatF64x2UZero: Unary<'v128'>
  } = {
  .../* @__PURE__ */ lanes('i32', lift.i32x4, 17, 27, 4),
  .../* @__PURE__ */ integerLanes(lift.i32x4, lift.i32x4, 160, 188),
  .../* @__PURE__ */ table(order32, S + 55, /* @__PURE__ */ binary<'v128', 'v128'>(lift.i32x4, 'v128')),
  .../* @__PURE__ */ table(extremes, S + 182, /* @__PURE__ */ binary<'v128', 'v128'>(lift.i32x4, 'v128')),
  truncSatF32x4S: /* @__PURE__ */ un(lift.f32x4, 248),
  truncSatF32x4U: /* @__PURE__ */ un(lift.f32x4, 249),
  truncSatF64x2SZero: /* @__PURE__ */ un(lift.f64x2, 252),
  truncSatF64x2UZero: /* @__PURE__ */ un(lift.f64x2, 253),
}

/** Two 64-bit integers. `extend*` and `extmul*` read 32-bit lanes. Comparisons are signed. */
export const i64x2: Lanes<'i64'> & IntegerLanes & Table<typeof order64, Binary<'v128'>> = {
  .../* @__PURE__ */ lanes('i64', lift.i64x2, 18, 29, 2),
  .../* @__PURE__ */ integerLanes(lift.i64x2, lift.i32x4, 192, 220),
  .../* @__PURE__ */ table(order64, S + 214, /* @__PURE__ */ binary<'v128', 'v128'>(lift.i64x2, 'v128')),
}

/** Lanes picked from a (0 .. n-1) and b (n .. 2n-1), n the number of indices: 4 for 32-bit lanes, 2 for 64, 16 for
 * bytes. */
export const shuffle = (a: V, b: V, ...indices: readonly number[]): V => {
  const size = 16 / indices.length
  return node(
    'v128',
    S + 13,
    [a, b],
    indices.flatMap((lane) => Array.from({ length: size }, (_, k) => lane * size + k)),
  )
}
