import { loader, type Load } from './address.ts'
import { lift, node, type Operand, type Value } from './value.ts'

type I32 = Operand<'i32'>

const modify =
  (op: number) =>
  (address: I32, ...operands: readonly I32[]): Value<'i32'> =>
    node('i32', op, [address, ...operands].map(lift.i32), [2, 0])

/** 32-bit atomics: all sequentially consistent, addresses multiples of 4. Read-modify-write ops give the old value. */
export const atomic: {
  readonly load: Load<'i32'>
  readonly add: (address: I32, value: I32) => Value<'i32'>
  readonly exchange: (address: I32, value: I32) => Value<'i32'>
  readonly compareExchange: (address: I32, expected: I32, value: I32) => Value<'i32'>
  /** Wakes at most `count` waiters, gives how many. */
  readonly notify: (address: I32, count: I32) => Value<'i32'>
  /** Sleeps while the word equals `expected`, for at most `timeoutNs` (below 0: forever): 0 woken, 1 not equal, 2 timed out. Shared memory only. */
  readonly wait: (address: I32, expected: I32, timeoutNs: Operand<'i64'>) => Value<'i32'>
} = {
  load: /* @__PURE__ */ loader('i32', 2)(0xfe0010),
  add: /* @__PURE__ */ modify(0xfe001e),
  exchange: /* @__PURE__ */ modify(0xfe0041),
  compareExchange: /* @__PURE__ */ modify(0xfe0048),
  notify: /* @__PURE__ */ modify(0xfe0000),
  wait: (address, expected, timeoutNs) =>
    node('i32', 0xfe0001, [lift.i32(address), lift.i32(expected), lift.i64(timeoutNs)], [2, 0]),
}
