import { loader, type Load } from './address.ts'
import { binary, table, unary, type Binary, type Table, type Unary } from './table.ts'
import { lift, node, type Lift, type Operand, type Value, type ValueType } from './value.ts'

const bits = 'clz ctz popcnt'
const integer = 'add sub mul divS divU remS remU and or xor shl shrS shrU rotl rotr'
const order = 'eq ne ltS ltU gtS gtU leS leU geS geU'
const real = 'abs neg ceil floor trunc nearest sqrt'
const reals = 'add sub mul div min max copysign'
const realOrder = 'eq ne lt gt le ge'

/** Ops of an integer type. */
type Integer<T extends ValueType> = Table<typeof bits, Unary<T>> &
  Table<typeof integer, Binary<T>> &
  Table<typeof order, Binary<T, 'i32'>> & { readonly const: (x: number | bigint) => Value<T>; readonly eqz: Unary<T, 'i32'>; readonly load: Load<T> }
/** Ops that both real types have. */
export type RealOps<T extends ValueType> = Table<typeof real, Unary<T>> &
  Table<typeof reals, Binary<T>> &
  Table<typeof realOrder, Binary<T, 'i32'>> & { readonly const: (x: number) => Value<T>; readonly load: Load<T> }

const integers = <T extends 'i32' | 'i64'>(type: T, first: number, compare: number, load: number, align: number): Integer<T> => {
  const up: Lift = lift[type]
  return {
    const: up as Integer<T>['const'],
    eqz: unary<T, 'i32'>(up, 'i32')(compare),
    load: loader(type, align)(load),
    ...table(bits, first, unary<T, T>(up, type)),
    ...table(integer, first + 3, binary<T, T>(up, type)),
    ...table(order, compare + 1, binary<T, 'i32'>(up, 'i32')),
  }
}
const realNumbers = <T extends 'f32' | 'f64'>(type: T, first: number, compare: number, load: number, align: number): RealOps<T> => {
  const up: Lift = lift[type]
  return {
    const: up as RealOps<T>['const'],
    load: loader(type, align)(load),
    ...table(real, first, unary<T, T>(up, type)),
    ...table(reals, first + 7, binary<T, T>(up, type)),
    ...table(realOrder, compare, binary<T, 'i32'>(up, 'i32')),
  }
}
const from = <A extends ValueType, R extends ValueType>(source: A, result: R, op: number): Unary<A, R> =>
  unary<A, R>(lift[source], result)(op)

/** 32-bit integers; booleans and addresses too. Division and `trunc` trap as the specification says; `truncSat` never. */
export const i32: Integer<'i32'> & {
  readonly load8S: Load<'i32'>
  readonly load8U: Load<'i32'>
  readonly load16S: Load<'i32'>
  readonly load16U: Load<'i32'>
  readonly extend8S: Unary<'i32'>
  readonly extend16S: Unary<'i32'>
  readonly wrapI64: Unary<'i64', 'i32'>
  readonly truncF32S: Unary<'f32', 'i32'>
  readonly truncF64S: Unary<'f64', 'i32'>
  readonly truncSatF32S: Unary<'f32', 'i32'>
  readonly truncSatF32U: Unary<'f32', 'i32'>
  readonly truncSatF64S: Unary<'f64', 'i32'>
  readonly truncSatF64U: Unary<'f64', 'i32'>
  readonly reinterpretF32: Unary<'f32', 'i32'>
} = {
  .../* @__PURE__ */ integers('i32', 0x67, 0x45, 0x28, 2),
  .../* @__PURE__ */ table('load8S load8U', 0x2c, /* @__PURE__ */ loader('i32', 0)),
  .../* @__PURE__ */ table('load16S load16U', 0x2e, /* @__PURE__ */ loader('i32', 1)),
  .../* @__PURE__ */ table('extend8S extend16S', 0xc0, /* @__PURE__ */ unary<'i32', 'i32'>(lift.i32, 'i32')),
  wrapI64: /* @__PURE__ */ from('i64', 'i32', 0xa7),
  truncF32S: /* @__PURE__ */ from('f32', 'i32', 0xa8),
  truncF64S: /* @__PURE__ */ from('f64', 'i32', 0xaa),
  .../* @__PURE__ */ table('truncSatF32S truncSatF32U', 0xfc0000, /* @__PURE__ */ unary<'f32', 'i32'>(lift.f32, 'i32')),
  .../* @__PURE__ */ table('truncSatF64S truncSatF64U', 0xfc0002, /* @__PURE__ */ unary<'f64', 'i32'>(lift.f64, 'i32')),
  reinterpretF32: /* @__PURE__ */ from('f32', 'i32', 0xbc),
}

/** 64-bit integers. */
export const i64: Integer<'i64'> & {
  readonly extendI32S: Unary<'i32', 'i64'>
  readonly extendI32U: Unary<'i32', 'i64'>
  readonly truncSatF32S: Unary<'f32', 'i64'>
  readonly truncSatF32U: Unary<'f32', 'i64'>
  readonly truncSatF64S: Unary<'f64', 'i64'>
  readonly truncSatF64U: Unary<'f64', 'i64'>
  readonly reinterpretF64: Unary<'f64', 'i64'>
} = {
  .../* @__PURE__ */ integers('i64', 0x79, 0x50, 0x29, 3),
  .../* @__PURE__ */ table('extendI32S extendI32U', 0xac, /* @__PURE__ */ unary<'i32', 'i64'>(lift.i32, 'i64')),
  .../* @__PURE__ */ table('truncSatF32S truncSatF32U', 0xfc0004, /* @__PURE__ */ unary<'f32', 'i64'>(lift.f32, 'i64')),
  .../* @__PURE__ */ table('truncSatF64S truncSatF64U', 0xfc0006, /* @__PURE__ */ unary<'f64', 'i64'>(lift.f64, 'i64')),
  reinterpretF64: /* @__PURE__ */ from('f64', 'i64', 0xbd),
}

const fromIntegers = 'convertI32S convertI32U'
const fromLongs = 'convertI64S convertI64U'

/** 32-bit reals. `min` and `max` give NaN if either operand is NaN; `nearest` is half to even. */
export const f32: RealOps<'f32'> &
  Table<typeof fromIntegers, Unary<'i32', 'f32'>> &
  Table<typeof fromLongs, Unary<'i64', 'f32'>> & { readonly demoteF64: Unary<'f64', 'f32'>; readonly reinterpretI32: Unary<'i32', 'f32'> } = {
  .../* @__PURE__ */ realNumbers('f32', 0x8b, 0x5b, 0x2a, 2),
  .../* @__PURE__ */ table(fromIntegers, 0xb2, /* @__PURE__ */ unary<'i32', 'f32'>(lift.i32, 'f32')),
  .../* @__PURE__ */ table(fromLongs, 0xb4, /* @__PURE__ */ unary<'i64', 'f32'>(lift.i64, 'f32')),
  demoteF64: /* @__PURE__ */ from('f64', 'f32', 0xb6),
  reinterpretI32: /* @__PURE__ */ from('i32', 'f32', 0xbe),
}

/** 64-bit reals. */
export const f64: RealOps<'f64'> &
  Table<typeof fromIntegers, Unary<'i32', 'f64'>> &
  Table<typeof fromLongs, Unary<'i64', 'f64'>> & { readonly promoteF32: Unary<'f32', 'f64'>; readonly reinterpretI64: Unary<'i64', 'f64'> } = {
  .../* @__PURE__ */ realNumbers('f64', 0x99, 0x61, 0x2b, 3),
  .../* @__PURE__ */ table(fromIntegers, 0xb7, /* @__PURE__ */ unary<'i32', 'f64'>(lift.i32, 'f64')),
  .../* @__PURE__ */ table(fromLongs, 0xb9, /* @__PURE__ */ unary<'i64', 'f64'>(lift.i64, 'f64')),
  promoteF32: /* @__PURE__ */ from('f32', 'f64', 0xbb),
  reinterpretI64: /* @__PURE__ */ from('i64', 'f64', 0xbf),
}

/** `condition ? a : b`, both evaluated. */
export const select = <T extends ValueType>(condition: Operand<'i32'>, a: Value<T>, b: Value<T>): Value<T> =>
  node(a.type, 0x1b, [a, b, lift.i32(condition)])
