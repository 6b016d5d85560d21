import { unsigned } from './bytes.ts'
import { lift, node, type Operand, type Value, type ValueType } from './value.ts'

/** Reads memory at address + offset (bytes). `align`: log2 of the promised alignment, natural by default; only a hint. */
export type Load<T extends ValueType> = (address: Operand<'i32'>, offset?: number, align?: number) => Value<T>

/** Maker of loads whose natural alignment is 2^align bytes. */
export const loader =
  <T extends ValueType>(type: T, natural: number) =>
  (op: number): Load<T> =>
  (address, offset = 0, align = natural) =>
    node(type, op, [lift.i32(address)], [...unsigned(align), ...unsigned(offset)])

/** Types that stores write: `i8` and `i16` take the low bits, `atomic` is a sequentially consistent store of an i32. */
interface Stores {
  readonly i32: 'i32'
  readonly i64: 'i64'
  readonly f32: 'f32'
  readonly f64: 'f64'
  readonly i8: 'i32'
  readonly i16: 'i32'
  readonly v128: 'v128'
  readonly atomic: 'i32'
}

export type StoreKind = keyof Stores
export type Stored<K extends StoreKind> = Stores[K]

/** What `f.store` writes: opcode, type of the value, log2 of the natural alignment. */
export const storeKinds: { readonly [K in StoreKind]: readonly [op: number, type: Stores[K], align: number] } = {
  i32: [0x36, 'i32', 2],
  i64: [0x37, 'i64', 3],
  f32: [0x38, 'f32', 2],
  f64: [0x39, 'f64', 3],
  i8: [0x3a, 'i32', 0],
  i16: [0x3b, 'i32', 1],
  v128: [0xfd000b, 'v128', 4],
  atomic: [0xfe0017, 'i32', 2],
}
