/* oxlint-disable import/namespace -- the linter looks for built files, which need not be there */
import { afterAll, describe, expect, it } from 'vitest'
import { apply, cast, defineOp, full, tensor, zeros, type DType, type Tensor, type TensorLike } from '@gradloom/core'
import * as g from './functions.ts'
import { closeAll, everywhere } from './backends.ts'

afterAll(closeAll)

const MOST = 2 ** 31 - 1
const int = (...data: number[]): Tensor => tensor(data, { dtype: 'int32' })
const uint = (...data: number[]): Tensor => tensor(data, { dtype: 'uint32' })
const bool = (...data: boolean[]): Tensor => tensor(data)

describe('a number that the dtype of a tensor has not', () => {
  it.each<[string, () => Tensor, DType, readonly number[]]>([
    ['is a fraction in where', () => g.where([true, false], int(7, 7), 0.5), 'float32', [7, 0.5]],
    ['is a fraction in where, on the left', () => g.where([true, false], 0.5, int(7, 7)), 'float32', [0.5, 7]],
    ['is NaN in where', () => g.where([true, false], int(7, 7), NaN), 'float32', [7, NaN]],
    ['is infinite in where', () => g.where([true, false], int(7, 7), -Infinity), 'float32', [7, -Infinity]],
    ['is negative beside uint32 in where', () => g.where([true, false], uint(7, 7), -1), 'int32', [7, -1]],
    ['is 2 beside a bool in where', () => g.where([true, false], bool(true, true), 2), 'int32', [1, 2]],
    ['is beyond int32 in where', () => g.where([true, false], int(7, 7), 3e9), 'float32', [7, 3e9]],
    ['is beyond int32 in add', () => g.add(int(5), 3e9), 'float32', [3e9]],
    ['is beyond int32 in mul', () => g.mul(int(2), 3e9), 'float32', [6e9]],
    ['is beyond uint32 in sub', () => g.sub(uint(0), 5e9), 'float32', [-5e9]],
    ['is beyond int32 in maximum', () => g.maximum(int(5), 3e9), 'float32', [3e9]],
    ['fits uint32', () => g.add(uint(5), 3e9), 'uint32', [3000000005]],
    ['is a fraction in pad', () => g.pad(int(1), [[1, 0]], { value: 0.5 }), 'float32', [0.5, 1]],
    ['is a fraction in scatterAdd', () => g.scatterAdd(int(1, 2), 1, 0.5), 'float32', [1, 2.5]],
    ['is whole in scatterAdd', () => g.scatterAdd(int(1, 2), 1, 5), 'int32', [1, 7]],
    ['is whole in stack', () => g.stack([g.sum(int(1, 2)), 5]), 'int32', [3, 5]],
    ['is whole in einsum', () => g.einsum(',i->i', 2, int(1, 2)), 'int32', [2, 4]],
    ['bounds int32 from above', () => g.clip(int(-5, MOST), { max: 3e9 }), 'int32', [-5, MOST]],
    ['bounds int32 from below', () => g.clip(int(-5), { min: 3e9 }), 'int32', [MOST]],
    ['bounds int32 without end', () => g.clip(int(-5), { min: -Infinity, max: Infinity }), 'int32', [-5]],
    ['bounds uint32 below 0', () => g.clip(uint(3e9), { min: -1, max: 4e9 }), 'uint32', [3e9]],
    ['bounds by a fraction', () => g.clip(int(5), { max: 2.5 }), 'float32', [2.5]],
    ['bounds a bool', () => g.clip(bool(true), { max: 0 }), 'int32', [0]],
    ['steps over the range in arange', () => g.arange(-2e9, 2e9, 3e9), 'int32', [-2e9, 1e9]],
    ['counts down in uint32', () => g.arange(3, 0, -2, { dtype: 'uint32' }), 'uint32', [3, 1]],
    ['keeps its digits in cast', () => cast(0.1, 'float64'), 'float64', [0.1]],
    ['keeps its digits in cast, where it is whole', () => cast(123456789, 'int32'), 'int32', [123456789]],
    ['keeps its bits in cast', () => cast(-1, 'uint32'), 'uint32', [2 ** 32 - 1]],
    ['is beyond int32 in cast', () => cast(-3e9, 'int32'), 'int32', [-(2 ** 31)]],
    ['is a fraction in cast', () => cast(-2.7, 'int32'), 'int32', [-2]],
    ['is 5 in cast to bool', () => cast(5, 'bool'), 'bool', [1]],
    ['is true in full of bools, as NaN is', () => full([2], NaN, { dtype: 'bool' }), 'bool', [1, 1]],
    ['takes the dtype of a tensor in full', () => full([1], 3e9, uint(0)), 'uint32', [3e9]],
  ])('%s', async (_, build, dtype, want) => {
    const t = build()
    expect(t.dtype).toBe(dtype)
    for (const { data } of await everywhere(t)) expect(Array.from(data, Number)).toEqual(want)
  })

  const numbers = [
    3e9,
    -3e9,
    2 ** 31,
    -(2 ** 31) - 1,
    5e9,
    -1,
    0.5,
    MOST - 0.5,
    16777216.5,
    NaN,
    Infinity,
    -Infinity,
    7,
  ]
  const comparisons: [string, (a: TensorLike, b: TensorLike) => Tensor, (a: number, b: number) => boolean][] = [
    ['equal', g.equal, (a, b) => a === b],
    ['notEqual', g.notEqual, (a, b) => a !== b],
    ['less', g.less, (a, b) => a < b],
    ['lessEqual', g.lessEqual, (a, b) => a <= b],
    ['greater', g.greater, (a, b) => a > b],
    ['greaterEqual', g.greaterEqual, (a, b) => a >= b],
  ]
  it.each(comparisons)('is compared as it is: %s', async (_, compare, truth) => {
    const sets = [
      [int(-(2 ** 31), -1, 0, 7, 16777217, MOST - 1, MOST), [-(2 ** 31), -1, 0, 7, 16777217, MOST - 1, MOST]],
      [uint(0, 7, 3e9, 2 ** 32 - 1), [0, 7, 3e9, 2 ** 32 - 1]],
      [bool(false, true), [0, 1]],
    ] as const
    for (const [t, values] of sets)
      for (const n of numbers) {
        const right = await everywhere(compare(t, n))
        const left = await everywhere(compare(n, t))
        for (const { data } of right) expect([n, ...data]).toEqual([n, ...values.map((v) => Number(truth(v, n)))])
        for (const { data } of left) expect([n, ...data]).toEqual([n, ...values.map((v) => Number(truth(n, v)))])
        // Folded while it is compiled.
        const literal = values[values.length - 1]
        const folded = await everywhere(compare(full([], literal, { dtype: t.dtype }), n))
        for (const { data } of folded) expect([n, ...data]).toEqual([n, Number(truth(literal, n))])
      }
  })

  it.each<[string, () => unknown]>([
    ['full of a fraction', () => full([1], 0.5, { dtype: 'int32' })],
    ['full of NaN', () => full([1], NaN, { dtype: 'uint32' })],
    ['full beyond the range', () => full([1], 3e9, { dtype: 'int32' })],
    ['full of a negative number', () => full([1], -1, { dtype: 'uint32' })],
    ['full of null', () => full([1], null as never)],
    ['full of a text', () => full([1], '1' as never)],
    ['arange beyond int32', () => g.arange(3e9, 3e9 + 3)],
    ['arange of a fraction', () => g.arange(0, 1, 0.25, { dtype: 'int32' })],
    ['arange below 0', () => g.arange(-2, 2, 1, { dtype: 'uint32' })],
    ['arange of bools', () => g.arange(0, 2, 1, { dtype: 'bool' })],
    ['a dtype that is a method of objects', () => g.arange(0, 2, 1, { dtype: 'toString' as never })],
    ['a formula', () => apply(defineOp({ name: 'acme/half', expr: ([x]) => x.mul(0.5), vjp: () => [null] }), [int(1)])],
    ['a tensor of fractions', () => tensor([0.5], { dtype: 'int32' })],
  ])('is refused where a dtype is asked for: %s', (_, build) => {
    expect(build).toThrow(expect.objectContaining({ code: 'DTYPE' }))
  })
  it.each<[string, (n: number) => unknown]>([
    ['zeros', (n) => zeros([n, 2])],
    ['full', (n) => full([n], 3)],
    ['uniform', (n) => g.createRng(1).uniform([n, 1])],
    ['permutation', (n) => g.createRng(1).permutation(n)],
  ])('is refused of a size that only feeds tell, with what to take instead: %s', (_, build) => {
    const message = expect.stringMatching(/sizes must be .* got \[-1.*zerosLike\(x\)/) as string
    expect(() => build(-1)).toThrow(expect.objectContaining({ code: 'SHAPE', message }))
  })
})
