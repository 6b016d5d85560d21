import { unsigned } from './bytes.ts'
import { lift, node, type Operand, type Value, type ValueType } from './value.ts'

/** Reads memory at address + offset (bytes). `align`: log2 of the promised alignment, natural by default; only a hint.
 * */
export type Load<T extends ValueType> = (address: Operand<'i32'>, offset?: number, align?: number) => Value<T>

/** Maker of loads whose natural alignment is 2^align bytes. */
export const loader =
  <T extends ValueType>(type: T, natural: number) =>
  (op: number): Load<T> =>
  (address, offset = 0, align = natural) =>
    node(type, op, [lift.i32(address)], [...unsigned(align), ...unsigned(offset)])

/** What `f.store` writes: opcode, log2 of the natural alignment. */
export const stores: Readonly<Record<ValueType, readonly [op: number, align: number]>> = {
  i32: [0x36, 2],
  i64: [0x37, 3],
  f32: [0x38, 2],
  f64: [0x39, 3],
  v128: [0xfd000b, 4],
}
