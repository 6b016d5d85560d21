import { stores } from './address.ts'
import { padded, unsigned, type Byte } from './bytes.ts'
import { i32 } from './scalar.ts'
import { lift, liftAs, node, type Callee, type Operand, type Value, type ValueType } from './value.ts'

/** A local variable; as a value it reads the variable. */
export interface Local<T extends ValueType = ValueType> extends Value<T> {
  readonly index: number
}

/** The locals that hold a function's parameters. */
export type Locals<P extends readonly ValueType[]> = { readonly [K in keyof P]: Local<P[K]> }

/** Target of branches: the start of a loop, the end of a block. */
export interface Label {
  readonly depth: number
}

type Body = () => void
type I32 = Operand<'i32'>

/** Statements of a function in the order they run. Locals start at 0. */
export interface FunctionBuilder<P extends readonly ValueType[] = readonly ValueType[]> {
  readonly params: Locals<P>
  local<T extends ValueType>(type: T): Local<T>
  /** Evaluates now, into a new local. */
  let<T extends ValueType>(value: Value<T>): Local<T>
  /** A constant (or anything else that needs only the parameters), evaluated once on entry; equal ones share a local.
   * */
  hoist<T extends ValueType>(value: Value<T>): Local<T>
  set<T extends ValueType>(local: Local<T>, value: Operand<T>): void
  /** Adds to the local: a pointer or a counter moves on. */
  advance(local: Local<'i32'>, by: I32): void
  /** Sets the local and gives the value. */
  tee<T extends ValueType>(local: Local<T>, value: Operand<T>): Value<T>
  /** Evaluates and drops the result: calls, atomics. */
  do(value: Value): void
  store<T extends ValueType>(type: T, address: I32, value: Operand<T>, offset?: number): void
  /** Stores one lane of 16, 32 or 64 bits. */
  storeLane(bits: 16 | 32 | 64, address: I32, vector: Value<'v128'>, lane: number, offset?: number): void
  /** memory.copy: overlapping ranges are fine. */
  copy(to: I32, from: I32, byteLength: I32): void
  fill(to: I32, byte: I32, byteLength: I32): void
  /** A branch to the label leaves the block. */
  block(body: (label: Label) => void): void
  /** A branch to the label goes round again; without one the loop ends. */
  loop(body: (label: Label) => void): void
  if(condition: I32, then: Body, otherwise?: Body): void
  /** `for (i = from; i < to; i += step)`, signed. `to` and `step` are evaluated once; the body may not change them. */
  for(i: Local<'i32'>, from: I32, to: I32, step: I32, body: Body): void
  while(condition: Value<'i32'>, body: Body): void
  br(label: Label): void
  brIf(label: Label, condition: Value<'i32'>): void
  return(value?: Value): void
  unreachable(): void
}

/** A finished body: bytes of the code entry without its size, and where the callee indices go. */
export interface FunctionBody {
  readonly bytes: Byte[]
  readonly calls: readonly (readonly [at: number, callee: Callee])[]
}

interface Code {
  readonly bytes: Byte[]
  readonly calls: [number, Callee][]
}

function writeOp(out: Byte[], op: number): void {
  const prefix = op >>> 16
  if (prefix === 0) out.push(op)
  else {
    out.push(prefix)
    for (let n = op & 0xffff; ; n >>= 7) {
      if (n < 128) {
        out.push(n)
        return
      }
      out.push((n & 127) | 128)
    }
  }
}

function emit(out: Code, value: Value): void {
  for (const arg of value.args) emit(out, arg)
  writeOp(out.bytes, value.op)
  if (value.callee) {
    out.calls.push([out.bytes.length, value.callee])
    out.bytes.push(...padded(0))
  } else for (const byte of value.immediate) out.bytes.push(byte)
}

const isConstant = (value: Value): boolean => value.op >= 0x41 && value.op <= 0x44

/** Builds one function; `body` runs at once. */
export function buildFunction<P extends readonly ValueType[]>(
  params: P,
  body: (f: FunctionBuilder<P>) => void,
): FunctionBody {
  const code: Code = { bytes: [], calls: [] }
  const entry: Code = { bytes: [], calls: [] }
  const types: ValueType[] = [...params]
  const hoisted = new Map<string, Local>()
  let depth = 0

  const asLocal = <T extends ValueType>(type: T, index: number): Local<T> => ({
    ...node(type, 0x20, [], unsigned(index)),
    index,
  })
  const local = <T extends ValueType>(type: T): Local<T> => asLocal(type, types.push(type) - 1)
  const write = (op: number, args: readonly Value[], immediate: readonly Byte[] = []): void =>
    emit(code, node('void', op, args, immediate))
  const assign = (out: Code, to: Local, value: Value): void =>
    emit(out, node('void', 0x21, [value], unsigned(to.index)))
  const pin = (x: I32): Value<'i32'> => {
    const value = liftAs('i32', x)
    return isConstant(value) || 'index' in value ? value : f.let(value)
  }
  const nested = (op: number, args: readonly Value[], inner: (label: Label) => void): void => {
    write(op, args, [0x40]) // 0x40: the block has no result
    inner({ depth: ++depth })
    depth--
    code.bytes.push(0x0b)
  }
  const branch = (op: number, label: Label, args: readonly Value[]): void =>
    write(op, args, unsigned(depth - label.depth))

  const f: FunctionBuilder<P> = {
    params: params.map(asLocal) as unknown as Locals<P>,
    local,
    let: (value) => {
      const to = local(value.type)
      assign(code, to, value)
      return to
    },
    hoist: <T extends ValueType>(value: Value<T>): Local<T> => {
      const piece: Code = { bytes: [], calls: [] }
      emit(piece, value)
      const key = String.fromCharCode(...piece.bytes)
      let to = hoisted.get(key) as Local<T> | undefined
      if (!to) {
        hoisted.set(key, (to = local(value.type)))
        assign(entry, to, value)
      }
      return to
    },
    set: (to, value) => assign(code, to, liftAs(to.type, value)),
    advance: (local, by) => f.set(local, i32.add(local, by)),
    tee: (to, value) => node(to.type, 0x22, [liftAs(to.type, value)], unsigned(to.index)),
    do: (value) => {
      emit(code, value)
      if (value.type !== 'void') code.bytes.push(0x1a)
    },
    store: (type, address, value, offset = 0) => {
      const [op, align] = stores[type]
      write(op, [lift.i32(address), liftAs(type, value)], [align, ...unsigned(offset)])
    },
    storeLane: (bits, address, vector, lane, offset = 0) =>
      write(
        // Opcodes are in the order of sizes.
        0xfd0055 + Math.log2(bits),
        [lift.i32(address), vector],
        [Math.log2(bits) - 3, ...unsigned(offset), lane],
      ),
    copy: (to, from, byteLength) => write(0xfc000a, [to, from, byteLength].map(lift.i32), [0, 0]),
    fill: (to, byte, byteLength) => write(0xfc000b, [to, byte, byteLength].map(lift.i32), [0]),
    block: (inner) => nested(0x02, [], inner),
    loop: (inner) => nested(0x03, [], inner),
    if: (condition, then, otherwise) =>
      nested(0x04, [lift.i32(condition)], () => {
        then()
        if (otherwise) {
          code.bytes.push(0x05)
          otherwise()
        }
      }),
    // Tested at the bottom behind a guard: one branch an iteration.
    for: (i, from, to, step, inner) => {
      const limit = pin(to)
      const stride = pin(step)
      assign(code, i, lift.i32(from))
      f.if(i32.ltS(i, limit), () =>
        f.loop((again) => {
          inner()
          f.brIf(again, i32.ltS(f.tee(i, i32.add(i, stride)), limit))
        }),
      )
    },
    while: (condition, inner) =>
      f.if(condition, () =>
        f.loop((again) => {
          inner()
          f.brIf(again, condition)
        }),
      ),
    br: (label) => branch(0x0c, label, []),
    brIf: (label, condition) => branch(0x0d, label, [condition]),
    return: (value) => write(0x0f, value ? [value] : []),
    unreachable: () => write(0x00, []),
  }
  body(f)

  const head = localTypes(types.slice(params.length))
  const bytes = head.concat(entry.bytes, code.bytes, 0x0b)
  const shift = (by: number, calls: Code['calls']): Code['calls'] => calls.map(([at, callee]) => [at + by, callee])
  return { bytes, calls: [...shift(head.length, entry.calls), ...shift(head.length + entry.bytes.length, code.calls)] }
}

/** Byte that stands for a value type. */
export const typeByte: Readonly<Record<ValueType, Byte>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b }

/** The declaration of locals: runs of one type. */
function localTypes(types: readonly ValueType[]): Byte[] {
  const runs: [number, ValueType][] = []
  for (const type of types) {
    const last = runs.at(-1)
    if (last?.[1] === type) last[0]++
    else runs.push([1, type])
  }
  return unsigned(runs.length).concat(...runs.map(([count, type]) => [...unsigned(count), typeByte[type]]))
}
