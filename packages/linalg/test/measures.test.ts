import { grad, matmul, sub, sum, tensor, zeros, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import {
  cond,
  cosm,
  kron,
  lstsq,
  matrixExp,
  matrixPower,
  matrixRank,
  norm,
  pinv,
  sinm,
  trace,
  type NormOptions,
} from '../src/index.ts'
import { swap } from '../src/ops/shape.ts'
import { closeAll, largest, onCpu, random, valueOf, values } from './support.ts'

afterAll(closeAll)
const number = async (t: Tensor): Promise<number> => Number((await valueOf(t)).item())

describe('norm', () => {
  const a = tensor(
    [
      [1, -2, 3],
      [-4, 5, -6],
    ],
    { dtype: 'float64' },
  )
  const axis = [0, 1]
  it.each<[NormOptions | undefined, number]>([
    [undefined, Math.sqrt(91)],
    [{ ord: 'fro' }, Math.sqrt(91)],
    [{ ord: 1 }, 9],
    [{ ord: -1 }, 5],
    [{ ord: Infinity }, 15],
    [{ ord: -Infinity }, 6],
    [{ ord: 2, axis }, 9.508032],
    [{ ord: -2, axis }, 0.772869],
    [{ ord: 'nuc', axis }, 9.508032 + 0.772869],
  ])('%o of a matrix', async (options, want) => {
    expect(await number(norm(a, options))).toBeCloseTo(want, 5)
    await onCpu.run(() => checkGrads((x) => norm(x, options), [a]))
  })

  it.each<[number, readonly number[]]>([
    [1, [5, 7, 9]],
    [2, [Math.sqrt(17), Math.sqrt(29), Math.sqrt(45)]],
    [3, [65 ** (1 / 3), 133 ** (1 / 3), 243 ** (1 / 3)]],
    [Infinity, [4, 5, 6]],
    [-Infinity, [1, 2, 3]],
    [0, [2, 2, 2]],
  ])('%f of columns', async (ord, want) => {
    const got = await valueOf(norm(a, { ord, axis: 0 }))
    want.forEach((w, i) => expect(got.data[i]).toBeCloseTo(w, 12))
    await onCpu.run(() => checkGrads((x) => norm(x, { ord, axis: 0 }), [a]))
  })

  it('keeps dimensions where asked, and axes in either order', async () => {
    const x = random([2, 3, 4], 1)
    expect(norm(x, { ord: 1, axis: [2, 0], keepDims: true }).shape).toEqual([1, 3, 1])
    const [rows, columns] = await values(norm(x, { ord: 1, axis: [2, 0] }), norm(x, { ord: Infinity, axis: [0, 2] }))
    expect([...rows.data]).toEqual([...columns.data])
  })

  it.each<[number[], NormOptions, 'float32' | 'float64', number, number[]]>([
    [[3e20, 4e20], {}, 'float32', 5e20, [0.6, 0.8]],
    [[3e200, 4e200], {}, 'float64', 5e200, [0.6, 0.8]],
    [[3e-200, 4e-200], {}, 'float64', 5e-200, [0.6, 0.8]],
    [[3e-30, 4e-30], {}, 'float32', 5e-30, [0.6, 0.8]],
    [[1e150, 1e150], { ord: 3, axis: 0 }, 'float64', 2 ** (1 / 3) * 1e150, [2 ** (-2 / 3), 2 ** (-2 / 3)]],
    [[0, 3], { ord: 0.5, axis: 0 }, 'float64', 3, [0, 1]],
    [[0, 3], { ord: -1, axis: 0 }, 'float64', 0, [0, 0]],
    [[0, 1e-200], { ord: -3, axis: 0 }, 'float64', 0, [0, 0]],
    [[0, 0], { ord: -3, axis: 0 }, 'float64', 0, [0, 0]],
    [[1e-6, 1e6], { ord: -30, axis: 0 }, 'float64', 1e-6, [1, 0]],
    [[1e110, -1], { ord: -3, axis: 0 }, 'float64', 1, [0, -1]],
    [[1e-20, 1e20], { ord: -1, axis: 0 }, 'float32', 1e-20, [1, 0]],
    [[1, 1e14], { ord: -3, axis: 0 }, 'float32', 1, [1, 0]],
    [[0, 0], {}, 'float64', 0, [0, 0]],
    [[], {}, 'float64', 0, []],
  ])('of %j with %j in %s', async (x, options, dtype, want, slope) => {
    const t = tensor(x, { dtype })
    const y = norm(t, options)
    const [value, gradient] = await values(y, grad([y], [t])[0])
    const digits = dtype === 'float32' ? 1e-6 : 1e-14
    expect(Math.abs(Number(value.item()) - want)).toBeLessThanOrEqual(digits * want)
    slope.forEach((v, i) => expect(gradient.data[i]).toBeCloseTo(v, 6))
  })
  it('with ord 0 counts what is not known to be 0, as NumPy does', async () => {
    expect(await number(norm([NaN, 0, 1, -0], { ord: 0, axis: 0 }))).toBe(2)
  })

  it.each([-0.5, -1, -2])('with ord %d is infinite where all is, and where nothing is', async (ord) => {
    for (const x of [[Infinity, -Infinity], []]) expect(await number(norm(x, { ord, axis: 0 }))).toBe(Infinity)
    expect(await number(norm([Infinity, 2], { ord, axis: 0 }))).toBe(2)
  })

  it.each([1, 2, -2, Infinity, 'fro', 'nuc'] as const)('has gradient 0 at 0, twice: %s', async (ord) => {
    const x = zeros([2, 2], { dtype: 'float64' })
    const [g] = grad([norm(x, { ord, axis: [0, 1] })], [x])
    const [h] = grad([sum(matmul(g, [1, 2]))], [x])
    for (const t of [g, h]) expect(largest(await valueOf(t))).toBe(0)
  })

  it.each([1, 2, Infinity, 'fro', 'nuc'] as const)('of no elements is 0: %s', async (ord) => {
    for (const shape of [
      [0, 0],
      [0, 3],
      [3, 0],
    ]) {
      const none = zeros(shape, { dtype: 'float64' })
      const y = norm(none, { ord, axis: [0, 1] })
      const [value, gradient] = await values(y, grad([y], [none])[0])
      expect([value.item(), gradient.shape]).toEqual([0, shape])
    }
    expect(await number(norm([], { ord: Infinity, axis: 0 }))).toBe(0)
  })

  it('refuses what is no norm', () => {
    expect(() => norm(a, { ord: 3 })).toThrow(expect.objectContaining({ name: 'SettingError' }))
    expect(() => norm(random([2, 2, 2], 1), { ord: 1 })).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
})

describe('pinv and lstsq', () => {
  it.each([
    [6, 3, 3],
    [3, 6, 3],
    [5, 4, 2],
  ])('meets the four conditions, with gradients: %i x %i of rank %i', async (m, n, rank) => {
    const a = matmul(random([m, rank], 2), random([rank, n], 3))
    const p = pinv(a)
    const errors = await values(
      sub(matmul(matmul(a, p), a), a),
      sub(matmul(matmul(p, a), p), p),
      sub(matmul(a, p), swap(matmul(a, p))),
      sub(matmul(p, a), swap(matmul(p, a))),
    )
    for (const e of errors) expect(largest(e)).toBeLessThan(1e-12)
    if (rank === Math.min(m, n)) {
      await onCpu.run(() => checkGrads((x) => pinv(x), [a]))
      await onCpu.run(() => checkGrads((x, b) => lstsq(x, b), [a, random([m, 2], 4)]))
    }
  })

  it.each([5, 7, 9])('lstsq leaves no more of a Hilbert matrix of %d than rounding', async (n) => {
    const a = tensor(
      Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => 1 / (i + j + 1))),
      { dtype: 'float64' },
    )
    const b = sum(a, { axis: 1 })
    expect(largest(await valueOf(sub(matmul(a, lstsq(a, b)), b)))).toBeLessThan(1e-14)
  })

  it('lstsq has gradients to second order at any rank, in stacks that broadcast', async () => {
    const low = matmul(random([4, 2], 5), random([2, 3], 6))
    const [left, right] = [random([4, 2], 7), random([2, 3], 8)]
    expect(lstsq(random([2, 1, 4, 3], 9), random([5, 4, 2], 10)).shape).toEqual([2, 5, 3, 2])
    await onCpu.run(() => checkGrads((x, b) => lstsq(x, b), [random([2, 1, 3, 2], 9), random([2, 3, 1], 10)]))
    await onCpu.run(() => checkGrads((x, b) => lstsq(x, b), [random([2, 3], 9), random([2], 10)]))
    await onCpu.run(() => checkGrads((p, q, b) => lstsq(matmul(p, q), b), [left, right, random([4, 1], 11)]))
    const [got, want] = await values(lstsq(low, random([4, 1], 11)), matmul(pinv(low), random([4, 1], 11)))
    got.data.forEach((v, i) => expect(v).toBeCloseTo(Number(want.data[i]), 12))
  })

  it('takes a vector, and an empty matrix', async () => {
    const [line, none] = await values(
      lstsq(
        [
          [1, 0],
          [1, 1],
          [1, 2],
        ],
        [1, 3, 5],
      ),
      pinv(zeros([0, 3])),
    )
    line.data.forEach((v, i) => expect(v).toBeCloseTo([1, 2][i]!, 5))
    expect(none.shape).toEqual([3, 0])
  })
})

describe('other functions of matrices', () => {
  const a = tensor(
    [
      [1, 2],
      [3, 5],
    ],
    { dtype: 'float64' },
  )
  it('have their values', async () => {
    const got = await values(
      trace(a),
      matrixPower(a, -2),
      matrixPower(a, 0),
      cond(a),
      cond(a, { ord: 1 }),
      matrixRank([
        [1, 2],
        [2, 4],
      ]),
    )
    expect(got[0].item()).toBe(6)
    got[1].data.forEach((v, i) => expect(v).toBeCloseTo([31, -12, -18, 7][i]!, 9))
    expect([...got[2].data]).toEqual([1, 0, 0, 1])
    expect(got[3].item()).toBeCloseTo(38.97434, 4)
    expect(got[4].item()).toBeCloseTo(56, 9)
    expect([got[5].item(), got[5].dtype]).toEqual([1, 'int32'])
    expect([...(await valueOf(kron([[1, 2]], [[1], [3]]))).data]).toEqual([1, 2, 3, 6])
  })

  it('matrixExp turns by an angle, also one that is large, and sinm and cosm are its parts', async () => {
    const angle = 100
    const turn = matrixExp(
      [
        [0, angle],
        [-angle, 0],
      ].map((row) => row.map(Number)),
    )
    const [t, one] = await values(turn, matmul(sinm(a), sinm(a)).add(matmul(cosm(a), cosm(a))))
    expect(t.data[0]).toBeCloseTo(Math.cos(angle), 4)
    one.data.forEach((v, i) => expect(v).toBeCloseTo([1, 0, 0, 1][i]!, 12))
  })

  it('no bound says how errors of a singular matrix grow', async () => {
    const stack = tensor(
      [
        [
          [0, 0],
          [0, 0],
        ],
        [
          [1, 0],
          [0, 0],
        ],
        [
          [2, 0],
          [0, 1],
        ],
      ],
      { dtype: 'float64' },
    )
    expect([...(await valueOf(cond(stack))).data]).toEqual([Infinity, Infinity, 2])
    for (const ord of [1, Infinity])
      expect([...(await valueOf(cond(stack, { ord }))).data]).toEqual([Infinity, Infinity, 2])
    expect([...(await valueOf(cond(stack, { ord: -2 }))).data]).toEqual([Infinity, 0, 0.5])
  })
  it('an empty matrix has no cond', () => {
    for (const shape of [
      [0, 0],
      [2, 0],
      [3, 0, 0],
    ])
      for (const ord of [null, 1, 'fro'] as const)
        expect(() => cond(zeros(shape), { ord })).toThrow(
          expect.objectContaining({ name: 'ShapeError', message: expect.stringMatching(/^cond: /) }),
        )
  })
  it('have gradients to second order', async () => {
    const x = random([2, 3, 3], 5)
    await onCpu.run(() => checkGrads((y) => [matrixExp(y), sinm(y), cosm(y), matrixPower(y, 3), trace(y)], [x]))
    await onCpu.run(() =>
      checkGrads((y) => [matrixPower(y, -1), cond(y), cond(y, { ord: 1 }), cond(y, { ord: -2 })], [a]),
    )
    await onCpu.run(() => checkGrads((y, z) => kron(y, z), [random([2, 3], 6), random([1, 2], 7)]))
  })
})
