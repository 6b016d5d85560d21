import { node, type Lift, type Operand, type Value, type ValueType } from './value.ts'

/** The words of a space-separated list, as a type. */
export type Words<S extends string> = S extends `${infer Head} ${infer Rest}` ? Head | Words<Rest> : S

/** One function of type `F` a word; `_` marks an opcode left out. */
export type Table<S extends string, F> = { readonly [K in Exclude<Words<S>, '_'>]: F }

export type Unary<A extends ValueType, R extends ValueType = A> = (a: Operand<A>) => Value<R>
export type Binary<A extends ValueType, R extends ValueType = A> = (a: Operand<A>, b: Operand<A>) => Value<R>

/** Ops of consecutive opcodes, in the order of the specification. */
export function table<S extends string, F>(names: S, first: number, make: (op: number) => F): Table<S, F> {
  const out: Record<string, F> = {}
  names.split(' ').forEach((name, k) => {
    if (name !== '_') out[name] = make(first + k)
  })
  return out as Table<S, F>
}

/** Maker of ops on one operand. */
export const unary =
  <A extends ValueType, R extends ValueType>(lift: Lift, result: R) =>
  (op: number): Unary<A, R> =>
  (a) =>
    node(result, op, [lift(a)])

/** Maker of ops on two operands. */
export const binary =
  <A extends ValueType, R extends ValueType>(lift: Lift, result: R) =>
  (op: number): Binary<A, R> =>
  (a, b) =>
    node(result, op, [lift(a), lift(b)])
