import {
  contiguous,
  roundTo,
  type Access,
  type DType,
  type Instruction,
  type LoopKernel,
  type Plan,
  type Step,
  type TypedArray,
} from '@gradloom/core'
import { erfc } from '../src/special/erf.ts'
import { functions } from '../src/special/functions.ts'

type Row = number[]
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((s, x, i) => s + x * b[i], 0)

/** Every index of a space, row-major. */
export function* indicesOf(sizes: readonly number[]): Generator<number[]> {
  const total = sizes.reduce((a, b) => a * b, 1)
  const strides = contiguous(sizes)
  for (let i = 0; i < total; i++) yield sizes.map((n, d) => Math.floor(i / strides[d]) % n)
}

const halfEven = (x: number): number => {
  const r = Math.round(x)
  return Math.abs(x % 1) === 0.5 && r % 2 !== 0 ? r - 1 : r
}
const own: Record<string, (a: number, b: number) => number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  max: Math.max,
  min: Math.min,
  eq: (a, b) => +(a === b),
  ne: (a, b) => +(a !== b),
  lt: (a, b) => +(a < b),
  le: (a, b) => +(a <= b),
  and: (a, b) => +(!!a && !!b),
  or: (a, b) => +(!!a || !!b),
  neg: (a) => -a,
  abs: Math.abs,
  sign: Math.sign,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  round: halfEven,
  not: (a) => +!a,
  isNaN: (a) => +Number.isNaN(a),
  shr: (a, b) => a >>> b,
  exp: Math.exp,
  log: Math.log,
  expm1: Math.expm1,
  log1p: Math.log1p,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid: (a) => (a < 0 ? Math.exp(a) / (1 + Math.exp(a)) : 1 / (1 + Math.exp(-a))),
  erf: (a) => (Math.abs(a) < 0.5 ? smallErf(a) : 1 - erfc(a)),
}

/** Maclaurin's series: without the cancellation of 1 - erfc near 0. */
function smallErf(x: number): number {
  let sum = 0
  for (let k = 0, power = x; k < 16; power *= (-x * x) / ++k) sum += power / (2 * k + 1)
  return (2 / Math.sqrt(Math.PI)) * sum
}

/** Philox 4x32-10 with big integers, straight from the paper. */
export function philoxWord(index: number, stream: number, key0: number, key1: number, counter: number): number {
  let c = [index, stream, counter, 0].map(BigInt)
  let k = [key0, key1].map(BigInt)
  const low = (x: bigint): bigint => x & 0xffffffffn
  for (let r = 0; r < 10; r++) {
    const p0 = 0xd2511f53n * c[0]
    const p1 = 0xcd9e8d57n * c[2]
    c = [(p1 >> 32n) ^ c[1] ^ k[0], low(p1), (p0 >> 32n) ^ c[3] ^ k[1], low(p0)]
    k = [low(k[0] + 0x9e3779b9n), low(k[1] + 0xbb67ae85n)]
  }
  return Number(c[0])
}

function apply(i: Extract<Instruction, { args: readonly number[] }>, args: number[], dtypes: DType[]): number {
  const [a, b, c] = args
  if (i.op === 'select') return a ? b : c
  if (i.op === 'philox') return philoxWord(a, b, args[2], args[3], args[4])
  if (i.op === 'cast') {
    if (i.dtype === 'bool') return +(a !== 0)
    if (i.dtype.startsWith('float') || !dtypes[0].startsWith('float')) return roundTo(a, i.dtype)
    const [low, high] = i.dtype === 'int32' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1]
    return Number.isNaN(a) ? 0 : Math.min(high, Math.max(low, Math.trunc(a)))
  }
  if (!i.dtype.startsWith('float') && i.dtype !== 'bool') {
    if (i.op === 'mul') return roundTo(Math.imul(a, b), i.dtype)
    const f = functions[`${i.op} ${i.dtype}`]
    if (f) return f(a, b)
  }
  return roundTo((own[i.op] ?? functions[i.op])(a, b), i.dtype)
}

/** What a loop kernel means, element by element in float64 with each result rounded; sums are exact to float64. */
export function interpretLoop(kernel: LoopKernel, memory: readonly TypedArray[]): void {
  const at = ({ offset, strides }: Access, index: Row): number => offset + dot(strides, index)
  for (const outer of indicesOf(kernel.outer)) {
    const reduced: number[] = []
    for (const phase of kernel.phases) {
      const collected: number[][] = phase.reduce.map(() => [])
      const writes: [Access, Row, number][] = []
      for (const inner of phase.over === 'inner' ? indicesOf(kernel.inner) : [kernel.inner.map(() => 0)]) {
        const index = [...outer, ...inner]
        const values: number[] = []
        for (const i of phase.code) {
          values.push(
            i.op === 'read'
              ? memory[kernel.reads[i.read].buffer][at(kernel.reads[i.read], index)]
              : i.op === 'const'
                ? roundTo(i.value, i.dtype)
                : i.op === 'index'
                  ? (i.offset + dot(i.strides, index)) | 0
                  : i.op === 'reduced'
                    ? reduced[i.value]
                    : apply(
                        i as Extract<Instruction, { args: readonly number[] }>,
                        i.args.map((a) => values[a]),
                        i.args.map((a) => phase.code[a].dtype),
                      ),
          )
        }
        phase.reduce.forEach((r, k) => collected[k].push(values[r.value]))
        for (const w of phase.write) writes.push([w.access, index, values[w.value]])
      }
      for (const [access, index, v] of writes) memory[access.buffer][at(access, index)] = v
      phase.reduce.forEach(({ kind, value }, k) => {
        const list = collected[k]
        const dtype = phase.code[value].dtype
        const best = (better: (a: number, b: number) => boolean): number => {
          let n = 0
          for (let i = 1; i < list.length; i++)
            if (better(list[i], list[n]) || (Number.isNaN(list[i]) && !Number.isNaN(list[n]))) n = i
          return n
        }
        const low = dtype === 'int32' ? -(2 ** 31) : dtype === 'uint32' ? 0 : -Infinity
        const high = dtype === 'int32' ? 2 ** 31 - 1 : dtype === 'uint32' ? 2 ** 32 - 1 : Infinity
        reduced.push(
          kind === 'sum'
            ? roundTo(
                list.reduce((a, b) => a + b, 0),
                dtype,
              )
            : kind === 'prod'
              ? dtype.startsWith('float')
                ? roundTo(
                    list.reduce((a, b) => a * b, 1),
                    dtype,
                  )
                : roundTo(
                    list.reduce((a, b) => Math.imul(a, b), 1),
                    dtype,
                  )
              : kind === 'max'
                ? Math.max(low, ...list)
                : kind === 'min'
                  ? Math.min(high, ...list)
                  : kind === 'any'
                    ? +list.some(Boolean)
                    : kind === 'all'
                      ? +list.every(Boolean)
                      : kind === 'argMax'
                        ? best((a, b) => a > b)
                        : best((a, b) => a < b),
        )
      })
    }
  }
}

/** A plan whose buffers are all inputs (`written` ones come back changed), for kernels tried alone. */
export function planOf(
  steps: readonly Step[],
  arrays: readonly { dtype: DType; size: number; written?: boolean }[],
): Plan {
  return {
    buffers: arrays.map(({ dtype, size }, input) => ({ dtype, size, kind: 'input', input })),
    inputs: arrays.map(({ dtype, size, written = false }, buffer) => ({
      kind: 'value',
      name: `b${buffer}`,
      shape: [size],
      dtype,
      buffer,
      written,
    })),
    outputs: arrays.flatMap(({ dtype, size, written }, buffer) => (written ? [{ shape: [size], dtype, buffer }] : [])),
    steps,
    arenaBytes: 0,
  }
}
