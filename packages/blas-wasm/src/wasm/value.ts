import { doubleBytes, floatBytes, signed, type Byte } from './bytes.ts'

/** Types a wasm local, parameter or result may have. */
export type ValueType = 'i32' | 'i64' | 'f32' | 'f64' | 'v128'

/**
 * One node of an expression tree: operands first, then the opcode, then its immediate bytes. A node stands for the
 * code, not for its result: used twice it runs twice, and a load runs where the tree is finally used. `f.let` pins
 * both.
 */
export interface Value<T extends ValueType | 'void' = ValueType | 'void'> {
  readonly type: T
  /** Opcode; prefixed ones carry the prefix in bits 16 and up (0xfd_0000 + n for SIMD). */
  readonly op: number
  readonly args: readonly Value[]
  readonly immediate: readonly Byte[]
  /** Only on calls: whose index is not known before the module is written. */
  readonly callee?: Callee
}

/** What a call must know of its target; the index is settled when the module is written. */
export interface Callee {
  readonly name: string
}

/** A value, or a literal that the op turns into a constant of its own lane type. */
export type Operand<T extends ValueType> = Value<T> | number | (T extends 'i64' | 'v128' ? bigint : never)

/** How an op turns a literal into a constant. */
export type Lift = (x: Value | number | bigint) => Value

const none: readonly never[] = []

export const node = <T extends ValueType | 'void'>(
  type: T,
  op: number,
  args: readonly Value[] = none,
  immediate: readonly Byte[] = none,
): Value<T> => ({ type, op, args, immediate })

const literal =
  (make: (x: number | bigint) => Value): Lift =>
  (x) =>
    typeof x === 'object' ? x : make(x)

const vector = (lane: readonly Byte[]): Value<'v128'> => {
  const bytes: Byte[] = []
  while (bytes.length < 16) bytes.push(...lane)
  return node('v128', 0xfd000c, [], bytes)
}

const word = (x: number | bigint): Byte[] => {
  const n = Number(x) | 0
  return [n & 255, (n >> 8) & 255, (n >> 16) & 255, n >>> 24]
}
const longWord = (x: number | bigint): Byte[] => {
  const n = BigInt.asUintN(64, BigInt(x))
  return [...word(n & 0xffffffffn), ...word(n >> 32n)]
}

/** Literal to constant, by the lane type that the op works on. Bits that i32 and i64 take may be given as unsigned. */
export const lift: Readonly<Record<ValueType | 'f32x4' | 'f64x2' | 'i32x4' | 'i64x2', Lift>> = {
  i32: literal((x) => node('i32', 0x41, [], signed(Number(x) | 0))),
  i64: literal((x) => node('i64', 0x42, [], signed(BigInt.asIntN(64, BigInt(x))))),
  f32: literal((x) => node('f32', 0x43, [], floatBytes(Number(x)))),
  f64: literal((x) => node('f64', 0x44, [], doubleBytes(Number(x)))),
  f32x4: literal((x) => vector(floatBytes(Number(x)))),
  f64x2: literal((x) => vector(doubleBytes(Number(x)))),
  i32x4: literal((x) => vector(word(x))),
  i64x2: literal((x) => vector(longWord(x))),
  /** Bitwise ops: a number is a pattern of 32 bits, a bigint one of 64. */
  v128: literal((x) => vector(typeof x === 'bigint' ? longWord(x) : word(x))),
}

/** The lift of a scalar or untyped vector operand, for arguments of calls and stores. */
export const liftAs = <T extends ValueType>(type: T, x: Operand<T>): Value<T> => lift[type](x) as Value<T>
