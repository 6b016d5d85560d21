import fc from 'fast-check'
import { beforeAll, expect } from 'vitest'
import { allocate, type Backend, type DType, type Instruction, type LoopKernel, type TypedArray } from '@gradloom/core'
import { cpu } from '../src/index.ts'
import { interpretLoop, planOf } from './interpret.ts'

export let backend: Backend
beforeAll(async () => {
  backend = cpu()
  await backend.start()
})

export interface Given {
  readonly data: TypedArray
  readonly dtype: DType
  readonly written?: boolean
}

/** Runs a kernel on the backend and in the interpreter; gives both results of the written buffers. */
export function both(kernel: LoopKernel, arrays: readonly Given[]): { got: TypedArray[]; want: TypedArray[] } {
  const plan = planOf(
    [{ type: 'loop', label: 'test', scope: '', ...kernel }],
    arrays.map(({ data, dtype, written }) => ({ dtype, size: data.length, written })),
  )
  const executable = backend.prepareSync!(plan, new Map())
  const got = executable.runSync!(
    arrays.map((a) => a.data),
    plan.outputs.map(() => false),
  ) as TypedArray[]
  executable.dispose()
  const memory = arrays.map((a) => a.data.slice())
  interpretLoop(kernel, memory)
  return { got, want: memory.filter((_, i) => arrays[i].written) }
}

/** Every element within `ulps` (of its own magnitude or `scale`), NaN and infinities equal. */
export function expectClose(got: TypedArray, want: TypedArray, dtype: DType, tolerance: number, scale = 0): void {
  expect(got.length).toBe(want.length)
  for (let i = 0; i < want.length; i++) {
    if (Object.is(got[i], want[i]) || got[i] === want[i]) continue
    const bound = tolerance * Math.max(Math.abs(want[i]), scale, dtype === 'float32' ? 1e-38 : 1e-300)
    if (!(Math.abs(got[i] - want[i]) <= bound)) expect.fail(`element ${i}: got ${got[i]}, want ${want[i]}`)
  }
}
export const EPS = { float32: 2 ** -24, float64: 2 ** -53 } as const
export const tolerance = (dtype: DType, ulps: number): number => ulps * 2 * (EPS[dtype as 'float32'] ?? 0)

/** Numbers that are no nice fractions, of both signs, the same for a seed. */
export function noise(length: number, dtype: DType, seed = 1): TypedArray {
  const out = allocate(dtype, length)
  let s = seed * 2654435761
  for (let i = 0; i < length; i++) {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0
    out[i] =
      dtype === 'bool'
        ? s >>> 31
        : dtype.startsWith('float')
          ? s / 2 ** 30 - 2
          : dtype === 'uint32'
            ? s >>> 8
            : (s >>> 8) - 2 ** 23
  }
  return out
}

export const SPECIAL: Record<string, readonly number[]> = {
  float: [
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    3,
    1e-3,
    -1e-3,
    7.25,
    -7.25,
    20,
    -20,
    88,
    -100,
    1e10,
    -1e10,
    1e-30,
    1e30,
    Infinity,
    -Infinity,
    NaN,
  ],
  int32: [0, 1, -1, 2, -2, 7, -7, 100, 65536, -65537, 2 ** 31 - 1, -(2 ** 31)],
  uint32: [0, 1, 2, 7, 100, 65536, 2 ** 31, 2 ** 32 - 1],
  bool: [0, 1],
}
export const specials = (dtype: DType): readonly number[] => SPECIAL[dtype] ?? SPECIAL.float
export const fill = (dtype: DType, values: readonly number[]): TypedArray => {
  const out = allocate(dtype, values.length)
  out.set(values)
  return out
}

export function elementwise(op: string, from: readonly DType[], to: DType, n: number): LoopKernel {
  const code: Instruction[] = from.map((dtype, read) => ({ op: 'read', dtype, read }))
  code.push({ op, dtype: to, args: from.map((_, i) => i) } as Instruction)
  const access = (buffer: number, dtype: DType) => ({ buffer, dtype, offset: 0, strides: [1] })
  return {
    outer: [n],
    inner: [],
    reads: from.map((d, i) => access(i, d)),
    phases: [{ over: 'outer', code, reduce: [], write: [{ access: access(from.length, to), value: from.length }] }],
  }
}
/** A space, and an access with strides that stay inside a buffer: broadcast, permuted, flipped or spaced out. */
export const layout = (sizes: readonly number[]): fc.Arbitrary<{ offset: number; strides: number[]; size: number }> =>
  fc
    .record({
      order: fc.shuffledSubarray(
        sizes.map((_, i) => i),
        { minLength: sizes.length },
      ),
      modes: fc.array(fc.constantFrom('plain', 'plain', 'zero', 'flip', 'gap'), {
        minLength: sizes.length,
        maxLength: sizes.length,
      }),
      lead: fc.nat(2),
    })
    .map(({ order, modes, lead }) => {
      const strides = sizes.map(() => 0)
      let step = 1
      let offset = lead
      for (const d of order) {
        if (modes[d] === 'zero') continue
        const gap = modes[d] === 'gap' ? 2 : 1
        strides[d] = step * gap * (modes[d] === 'flip' ? -1 : 1)
        if (modes[d] === 'flip') offset += step * Math.max(0, sizes[d] - 1)
        step *= Math.max(1, sizes[d] * gap)
      }
      return { offset, strides, size: lead + step + 1 }
    })
export const sizes = fc.array(fc.constantFrom<number[]>(0, 1, 2, 3, 4, 5, 7, 8, 13, 17, 33), {
  minLength: 0,
  maxLength: 3,
})
