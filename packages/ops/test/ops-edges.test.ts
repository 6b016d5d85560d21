import { afterAll, describe, expect, it } from 'vitest'
import * as g from './functions.ts'
import type { Tensor } from '@gradloom/core'
import { createTestRuntime, f64, i32, list } from './ops-support.ts'

const rt = createTestRuntime()
afterAll(() => rt.close())
const gradients = async (y: Tensor, ...xs: Tensor[]): Promise<number[][]> =>
  (await rt.evaluate(g.grad([y], xs))).map((h) => Array.from(h.data))

describe('elementwise functions at special points', () => {
  it('maximum, minimum: ties share the gradient, NaN propagates', async () => {
    const a = f64([1, 2, NaN])
    const b = f64([1, 3, 0])
    expect(await list(rt, g.maximum(a, b))).toEqual([1, 3, NaN])
    expect(await list(rt, g.minimum(a, b))).toEqual([1, 2, NaN])
    expect(await gradients(g.maximum(a, b), a, b)).toEqual([
      [0.5, 0, 1],
      [0.5, 1, 1],
    ])
    expect(await gradients(g.minimum(a, b), a, b)).toEqual([
      [0.5, 1, 1],
      [0.5, 0, 1],
    ])
  })
  it('clip: the gradient is 1 at both bounds; max wins over min', async () => {
    const x = f64([-2, -1, 0, 1, 2])
    expect(await gradients(g.clip(x, { min: -1, max: 1 }), x)).toEqual([[0, 1, 1, 1, 0]])
    expect(await list(rt, g.clip(x, { min: 1, max: -1 }))).toEqual([-1, -1, -1, -1, -1])
    expect(await list(rt, g.clip(i32([-3, 3]), { min: 0.5 }))).toEqual([0.5, 3])
  })
  it('clip: bounds that are tensors or arrays broadcast, and promote', async () => {
    expect(await list(rt, g.clip(f64([-3, 0, 3]), { min: [-1, -2, -3], max: i32([2]) }))).toEqual([-1, 0, 2])
    const y = g.clip(i32([-3, 3]), { min: i32([0, 1], [2, 1]), max: 2 })
    expect([y.dtype, y.shape, await list(rt, y)]).toEqual(['int32', [2, 2], [0, 2, 1, 2]])
    expect(() => g.clip(f64([1]), { min: '0' as never })).toThrow(g.DTypeError)
  })
  it('atan2, hypot: the gradient at the origin is 0, and nothing overflows', async () => {
    const y = f64([0, 1e200, 3])
    const x = f64([0, 1e200, 4])
    expect(await gradients(g.hypot(y, x), y, x)).toEqual(
      [
        [0, Math.SQRT1_2, 0.6],
        [0, Math.SQRT1_2, 0.8],
      ].map((r) => r.map((v) => expect.closeTo(v, 12))),
    )
    expect(await gradients(g.atan2(y, x), y, x)).toEqual(
      [
        [0, 5e-201, 4 / 25],
        [0, -5e-201, -3 / 25],
      ].map((r) => r.map((v) => expect.closeTo(v, 12))),
    )
  })
  it('remainder: the gradient by an infinity of the other sign is that of the quotient -1', async () => {
    const a = f64([-2, 2])
    const b = f64([Infinity, -Infinity])
    expect(await list(rt, g.remainder(a, b))).toEqual([Infinity, -Infinity])
    expect(await gradients(g.remainder(a, b), a, b)).toEqual([
      [1, 1],
      [1, 1],
    ])
  })
  it('abs, sign of unsigned numbers and at 0', async () => {
    const x = f64([-2, 0, 3])
    expect(await gradients(g.abs(x), x)).toEqual([[-1, 0, 1]])
    expect(await list(rt, g.sign(g.tensor(new Uint32Array([0, 7]))))).toEqual([0, 1])
    expect(g.floor(i32([1])).dtype).toBe('int32')
  })
  it('isFinite, isNaN, logical functions of numbers', async () => {
    const x = f64([NaN, Infinity, -Infinity, 1e308, 0])
    expect(await list(rt, g.isFinite(x))).toEqual([0, 0, 0, 1, 1])
    expect(await list(rt, g.isFinite(g.cast(x, 'float32')))).toEqual([0, 0, 0, 0, 1])
    expect(await list(rt, g.isNaN(x))).toEqual([1, 0, 0, 0, 0])
    expect(await list(rt, g.logicalXor(f64([0, 2, 2]), f64([3, 0, 5])))).toEqual([1, 1, 0])
    expect(await list(rt, g.logicalNot(f64([0, 2])))).toEqual([1, 0])
  })
})

describe('reductions at special points', () => {
  it('prod: gradient and second derivative at zeros, 1 over an empty axis', async () => {
    const x = f64([2, 0, 0, 3])
    const [gx] = g.grad([g.prod(x)], [x])
    expect(await list(rt, gx)).toEqual([0, 0, 0, 0])
    expect(await gradients(g.sum(g.mul(gx, f64([1, 1, 0, 0]))), x)).toEqual([[0, 0, 6, 0]])
    expect(await list(rt, g.prod(f64([], [2, 0]), { axis: 1 }))).toEqual([1, 1])
    const empty = f64([], [0])
    expect(await gradients(g.prod(empty), empty)).toEqual([[]])
  })
  it('variance and std of equal numbers, one number, a scalar', async () => {
    const x = f64([2, 2, 2])
    expect(await gradients(g.std(x), x)).toEqual([[0, 0, 0]])
    expect(await list(rt, g.variance(f64([5]), { correction: 1 }))).toEqual([NaN])
    expect(await list(rt, g.variance(f64([5], [])))).toEqual([0])
    expect(g.std(i32([1, 2])).dtype).toBe('float32')
  })
  it('logSumExp: infinities and an empty axis', async () => {
    const rows = f64([-Infinity, -Infinity, Infinity, 1, -Infinity, 2], [3, 2])
    expect(await list(rt, g.logSumExp(rows, { axis: 1 }))).toEqual([-Infinity, Infinity, 2])
    expect(await list(rt, g.logSumExp(f64([], [0, 2]), { axis: 0 }))).toEqual([-Infinity, -Infinity])
    const x = f64([-Infinity, 2])
    expect(await gradients(g.logSumExp(x), x)).toEqual([[0, 1]])
  })
  it('argMax, argMin: first of ties, NaN, several axes, scalars', async () => {
    expect(await list(rt, g.argMax(f64([1, 3, 3, 2, NaN, 9], [2, 3]), { axis: 1 }))).toEqual([1, 1])
    expect(await list(rt, g.argMin(f64([4, 3, 3, 5], [2, 2])))).toEqual([1])
    expect(await list(rt, g.argMax(f64([7], [])))).toEqual([0])
    expect(g.argMax(f64([1, 2], [1, 2]), { axis: -1, keepDims: true }).shape).toEqual([1, 1])
  })
  it('any, all: of numbers, over empty axes', async () => {
    expect(await list(rt, g.any(f64([0, 0, 0, -1], [2, 2]), { axis: 1 }))).toEqual([0, 1])
    expect(await list(rt, g.all(f64([1, 2, 0, 1], [2, 2]), { axis: 1 }))).toEqual([1, 0])
    expect(await list(rt, g.any(f64([], [0])))).toEqual([0])
    expect(await list(rt, g.all(f64([], [0])))).toEqual([1])
  })
  it('sort, argsort, topK: stable, NaN as the greatest', async () => {
    const x = f64([2, NaN, 1, 2, 0])
    expect(await list(rt, g.sort(x))).toEqual([0, 1, 2, 2, NaN])
    expect(await list(rt, g.argsort(x))).toEqual([4, 2, 0, 3, 1])
    expect(await list(rt, g.sort(x, { descending: true }))).toEqual([NaN, 2, 2, 1, 0])
    expect(await list(rt, g.topK(x, 1).values)).toEqual(await list(rt, g.max(x)))
    expect(await list(rt, g.argsort(f64([1, 2, 2, 1]), { descending: true }))).toEqual([1, 2, 0, 3])
    const { values, indices } = g.topK(f64([1, 5, 5, 2]), 3)
    expect([await list(rt, values), await list(rt, indices)]).toEqual([
      [5, 5, 2],
      [1, 2, 3],
    ])
    expect(g.topK(x, 0).values.shape).toEqual([0])
  })
  it('cumsum, cumprod of one element, none, and integers', async () => {
    expect(await list(rt, g.cumsum(i32([3, -1, 2])))).toEqual([3, 2, 4])
    expect(await list(rt, g.cumprod(f64([7])))).toEqual([7])
    const x = f64([], [0])
    expect(await gradients(g.cumprod(x), x)).toEqual([[]])
  })
})

describe('movement', () => {
  it('take replaces the axis by the shape of the indices; negative ones count from the end', async () => {
    const x = f64([0, 1, 2, 3, 4, 5], [2, 3])
    const y = g.take(x, i32([2, -3, 1, 1], [2, 2]), 1)
    expect(y.shape).toEqual([2, 2, 2])
    expect(await list(rt, y)).toEqual([2, 0, 1, 1, 5, 3, 4, 4])
    expect(g.take(x, 1).shape).toEqual([3])
    expect(await list(rt, g.take(x, [1]))).toEqual([3, 4, 5])
  })
  it('scatterAdd accumulates repeated indices', async () => {
    expect(await list(rt, g.scatterAdd(f64([10, 20, 30]), i32([2, 0, 2]), f64([1, 2, 3])))).toEqual([12, 20, 34])
    expect(await list(rt, g.scatterAdd(f64([1, 2]), i32([]), f64([])))).toEqual([1, 2])
  })
  it('diag, diagonal, eye, triangles off the main diagonal', async () => {
    expect(await list(rt, g.diag(f64([1, 2]), -1))).toEqual([0, 0, 0, 1, 0, 0, 0, 2, 0])
    expect(await list(rt, g.diag(f64([0, 1, 2, 3, 4, 5], [2, 3]), 1))).toEqual([1, 5])
    expect(await list(rt, g.diagonal(f64([0, 1, 2, 3], [2, 2]), 5))).toEqual([])
    expect(await list(rt, g.eye(2, 3))).toEqual([1, 0, 0, 0, 1, 0])
    expect(await list(rt, g.tril(f64([1, 2, 3, 4, 5, 6], [2, 3])))).toEqual([1, 0, 0, 4, 5, 0])
    expect(await list(rt, g.triu(f64([1, 2, 3, 4, 5, 6], [2, 3]), -1))).toEqual([1, 2, 3, 4, 5, 6])
  })
  it('diag and triangles of bools are bools', async () => {
    const m = g.ones([2, 2], { dtype: 'bool' })
    const all = [g.tril(m), g.triu(m, 1), g.diag(g.ones([2], { dtype: 'bool' }))]
    expect(all.map((t) => t.dtype)).toEqual(['bool', 'bool', 'bool'])
    expect(await Promise.all(all.map((t) => list(rt, t)))).toEqual([
      [1, 0, 1, 1],
      [0, 1, 0, 0],
      [1, 0, 0, 1],
    ])
  })
  it('arange and linspace: signs, dtypes, exact ends', async () => {
    expect(await list(rt, g.arange(10, 0, -4))).toEqual([10, 6, 2])
    expect(g.arange(3).dtype).toBe('int32')
    expect(await list(rt, g.arange(0, 1, 0.4))).toEqual([0, Math.fround(0.4), Math.fround(0.8)])
    expect(g.arange(5, 5).shape).toEqual([0])
    const ends = await list(rt, g.linspace(-0.1, 0.7, 7, { dtype: 'float64' }))
    expect([ends[0], ends[3], ends[6]]).toEqual([-0.1, expect.closeTo(0.3, 14), 0.7])
    expect(await list(rt, g.linspace(3, 9, 1))).toEqual([3])
    expect(g.linspace(0, 1, 0).shape).toEqual([0])
  })
  it('roll, tile, stack, split, oneHot', async () => {
    const x = f64([1, 2, 3, 4, 5, 6], [2, 3])
    expect(await list(rt, g.roll(x, -1))).toEqual([2, 3, 4, 5, 6, 1])
    expect(await list(rt, g.roll(x, 4, 1))).toEqual([3, 1, 2, 6, 4, 5])
    expect(await list(rt, g.roll(f64([], [0, 2]), 1, 0))).toEqual([])
    expect(g.tile(x, [2]).shape).toEqual([2, 6])
    expect(g.tile(x, [0, 1]).shape).toEqual([0, 3])
    expect(g.stack([x, x], -1).shape).toEqual([2, 3, 2])
    expect(g.split(x, [1, 2], 1).map((t) => t.shape)).toEqual([
      [2, 1],
      [2, 2],
    ])
    expect(await list(rt, g.oneHot(i32([1, -1, 3]), 3))).toEqual([0, 1, 0, 0, 0, 0, 0, 0, 0])
  })
})

describe('sizes that only the feed tells', () => {
  const x23 = [
    [1, 2, 3],
    [4, 5, 6],
  ]
  it.each<[string, (x: Tensor) => Tensor, readonly number[]]>([
    ['tile', (x) => g.tile(x, [1, 2]), [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]],
    ['roll', (x) => g.roll(x, 1), [6, 1, 2, 3, 4, 5]],
    ['split', (x) => g.split(x, 3, 1)[2], [3, 6]],
    ['triu', (x) => g.triu(x), [1, 2, 3, 0, 5, 6]],
    ['diagonal', (x) => g.diagonal(x), [1, 5]],
    ['diag of a sum', (x) => g.diag(g.sum(x, { axis: 1 })), [6, 0, 0, 15]],
    ['variance', (x) => g.variance(x, { axis: 0, correction: 1 }), [4.5, 4.5, 4.5]],
    ['logSumExp', (x) => g.logSumExp(g.mul(x, 0), { axis: 1 }), [Math.fround(Math.log(3)), Math.fround(Math.log(3))]],
    ['prod', (x) => g.prod(x, { axis: 1 }), [6, 120]],
    ['cumprod', (x) => g.cumprod(x), [1, 2, 6, 4, 20, 120]],
    ['topK', (x) => g.topK(x, 2).values, [3, 2, 6, 5]],
    ['einsum', (x) => g.einsum('ij,kj->ik', x, x), [14, 32, 32, 77]],
    ['outer', (x) => g.outer(g.sum(x, { axis: 1 }), [1, 2]), [6, 12, 15, 30]],
    ['take', (x) => g.take(x, [1]), [4, 5, 6]],
  ])('%s', async (_, fn, want) => {
    await rt.run(async (ctx) => {
      const x = ctx.placeholder('x', [-1, -1])
      const y = fn(x)
      const [gx] = g.grad([y], [x])
      const [value, gradient] = await ctx.evaluator().push(y, gx).feed(x, g.toHostArray(x23)).run()
      expect(Array.from(value.data)).toEqual(want)
      const known = g.tensor(x23)
      expect(Array.from(gradient.data)).toEqual(await list(rt, g.grad([fn(known)], [known])[0]))
    })
  })
})
