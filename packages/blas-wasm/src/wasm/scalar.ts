import { loader, type Load } from './address.ts'
import { binary, table, unary, type Binary, type Table, type Unary } from './table.ts'
import { lift, node, type Lift, type Operand, type Value, type ValueType } from './value.ts'

const integers = 'add sub mul divS divU remS remU and or xor shl shrS shrU'
const order = 'eq ne ltS ltU gtS gtU leS leU geS geU'
const real = 'abs neg ceil floor trunc nearest sqrt'
const reals = 'add sub mul div min max'
const realOrder = 'eq ne lt gt le ge'

/** Ops that both real types have. */
export type RealOps<T extends ValueType> = Table<typeof real, Unary<T>> &
  Table<typeof reals, Binary<T>> &
  Table<typeof realOrder, Binary<T, 'i32'>> & { readonly const: (x: number) => Value<T>; readonly load: Load<T> }

const realNumbers = <T extends 'f32' | 'f64'>(
  type: T,
  first: number,
  compare: number,
  load: number,
  align: number,
): RealOps<T> => {
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

/** 32-bit integers; booleans and addresses too. Division traps as the specification says; `truncSat` never. */
export const i32: Table<typeof integers, Binary<'i32'>> &
  Table<typeof order, Binary<'i32'>> & {
    readonly const: (x: number) => Value<'i32'>
    readonly eqz: Unary<'i32'>
    readonly load: Load<'i32'>
    readonly truncSatF64S: Unary<'f64', 'i32'>
    readonly truncSatF64U: Unary<'f64', 'i32'>
  } = {
  const: lift.i32 as (x: number) => Value<'i32'>,
  load: /* @__PURE__ */ loader('i32', 2)(0x28),
  eqz: /* @__PURE__ */ from('i32', 'i32', 0x45),
  .../* @__PURE__ */ table(order, 0x46, /* @__PURE__ */ binary<'i32', 'i32'>(lift.i32, 'i32')),
  .../* @__PURE__ */ table(integers, 0x6a, /* @__PURE__ */ binary<'i32', 'i32'>(lift.i32, 'i32')),
  truncSatF64S: /* @__PURE__ */ from('f64', 'i32', 0xfc0002),
  truncSatF64U: /* @__PURE__ */ from('f64', 'i32', 0xfc0003),
}

/** 32-bit reals. `min` and `max` give NaN if either operand is NaN; `nearest` is half to even. */
export const f32: RealOps<'f32'> & { readonly demoteF64: Unary<'f64', 'f32'> } = {
  .../* @__PURE__ */ realNumbers('f32', 0x8b, 0x5b, 0x2a, 2),
  demoteF64: /* @__PURE__ */ from('f64', 'f32', 0xb6),
}

/** 64-bit reals. */
export const f64: RealOps<'f64'> & {
  readonly convertI32S: Unary<'i32', 'f64'>
  readonly convertI32U: Unary<'i32', 'f64'>
  readonly promoteF32: Unary<'f32', 'f64'>
} = {
  .../* @__PURE__ */ realNumbers('f64', 0x99, 0x61, 0x2b, 3),
  convertI32S: /* @__PURE__ */ from('i32', 'f64', 0xb7),
  convertI32U: /* @__PURE__ */ from('i32', 'f64', 0xb8),
  promoteF32: /* @__PURE__ */ from('f32', 'f64', 0xbb),
}

/** `condition ? a : b`, both evaluated. */
export const select = <T extends ValueType>(condition: Operand<'i32'>, a: Value<T>, b: Value<T>): Value<T> =>
  node(a.type, 0x1b, [a, b, lift.i32(condition)])
