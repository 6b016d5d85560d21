import { grad, matmul, mul, sub, sum, tensor, zeros, type HostArray, type Tensor } from '@gradloom/core'
import { checkGrads, eye } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import { det, inv, lu, qr, slogdet, solve } from '../src/index.ts'
import { swap } from '../src/ops/shape.ts'
import { closeAll, EPS, largest, onCpu, random, valueOf, values } from './support.ts'

afterAll(closeAll)

const SHAPES = [
  [1, 1],
  [3, 5],
  [5, 3],
  [4, 4],
  [2, 6, 6],
  [70, 70],
  [90, 40],
]

describe('lu', () => {
  it.each(SHAPES)('gives back its matrix to rounding: %i, %i, %i', async (...shape) => {
    const a = random(shape.filter(Number.isFinite), 1)
    const { p, l, u } = lu(a)
    expect(largest(await valueOf(sub(matmul(matmul(p, l), u), a)))).toBeLessThan(20 * a.shape.at(-1)! * EPS * 4)
  })

  it.each([
    [4, 4],
    [5, 3],
    [3, 5],
  ])('has gradients to second order: %i x %i', async (m, n) => {
    await onCpu.run(() => checkGrads((x) => [lu(x).l, lu(x).u], [random([2, m, n], 2)]))
  })
})

describe('qr', () => {
  it.each(SHAPES)('gives back its matrix, with orthonormal columns: %i, %i, %i', async (...shape) => {
    const a = random(shape.filter(Number.isFinite), 3)
    const { q, r } = qr(a)
    const n = Math.max(...a.shape)
    const k = q.shape.at(-1)!
    const [back, unit] = await values(sub(matmul(q, r), a), sub(matmul(swap(q), q), eye(k, { dtype: 'float64' })))
    expect(largest(back)).toBeLessThan(20 * n * EPS * 4)
    expect(largest(unit)).toBeLessThan(20 * n * EPS)
  })

  it.each([
    [4, 4],
    [5, 3],
    [3, 5],
  ])('has gradients to second order: %i x %i', async (m, n) => {
    await onCpu.run(() => checkGrads((x) => [qr(x).q, qr(x).r], [random([2, m, n], 4)]))
  })

  const gradientOf = async (a: Tensor): Promise<HostArray> => valueOf(grad([sum(qr(a).q)], [a])[0])
  const outer = (column: number[], row: number[], dtype: 'float32' | 'float64' = 'float64'): Tensor =>
    mul(tensor(column, { dtype }).expandDims(-1), tensor(row, { dtype }))
  it.each<[string, Tensor, number]>([
    ['to the digit', outer([1, 1, 1], [1, 1]), 1],
    ['to rounding', outer([1, 2, 3], [1, 2]), 1],
    ['to rounding, in float32', outer([1, 2, 3], [1, 0.1], 'float32'), 1],
    ['the longer one on the shorter', outer([1, 2, 3], [1, 2e20]), 1],
    ['in a wide matrix', outer([1, 2], [1, 3, 5]), 1],
    ['of many', matmul(random([12, 7], 5), random([7, 12], 6)), 7],
    ['of which one is 0', outer([1, 2], [0, 1]), 0],
  ])('says in the gradient that columns depend on one another: %s', async (_, a, column) => {
    await expect(gradientOf(a)).rejects.toMatchObject({
      name: 'LinalgError',
      code: 'SINGULAR',
      message: expect.stringMatching(new RegExp(`^qr: .* column ${column} .*; .*pinv`)),
    })
  })

  it('has a gradient where columns are of very different lengths', async () => {
    const lengths = tensor([1, 1e-20, 1e20], { dtype: 'float64' })
    const a = random([4, 3], 7)
    await onCpu.run(() => checkGrads((x) => qr(mul(x, lengths)).q, [a]))
  })
})

describe('solve', () => {
  it('solves stacks, against stacks that broadcast, and vectors', async () => {
    const a = random([3, 1, 5, 5], 5)
    const b = random([2, 5, 4], 6)
    const x = solve(a, b)
    expect(x.shape).toEqual([3, 2, 5, 4])
    expect(largest(await valueOf(sub(matmul(a, x), b)))).toBeLessThan(1e-12)
    expect(
      [
        ...(
          await valueOf(
            solve(
              [
                [3, 1],
                [1, 2],
              ],
              [9, 8],
            ),
          )
        ).data,
      ].map(Math.round),
    ).toEqual([2, 3])
  })

  it('refuses a vector of another length while the graph is built', () => {
    const a = random([2, 2], 5)
    expect(() => solve(a, [1, 2, 3])).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })

  it('has gradients to second order, as have inv, det and slogdet', async () => {
    const a = random([2, 3, 3], 7)
    await onCpu.run(() => checkGrads((x, b) => solve(x, b), [a, random([3, 2], 8)]))
    await onCpu.run(() => checkGrads((x) => [inv(x), det(x), slogdet(x).logAbsDet], [a]))
    await onCpu.run(() => checkGrads((x) => det(x), [a], { order: 3 }))
  })

  it('names what is singular or not finite', async () => {
    await expect(
      valueOf(
        inv([
          [1, 2],
          [2, 4],
        ]),
      ),
    ).rejects.toMatchObject({
      code: 'SINGULAR',
      message: expect.stringMatching(/pivot 1/),
    })
    await expect(
      valueOf(
        solve(
          [
            [1, Infinity],
            [0, 1],
          ],
          [[1], [1]],
        ),
      ),
    ).rejects.toMatchObject({ code: 'NOT_FINITE' })
    expect(() => solve(zeros([2, 3]), zeros([2, 1]))).toThrow(/square/)
  })
})

describe('det', () => {
  it('has cofactors for a gradient where the matrix is singular, of rank n - 1, n - 2 and 0', async () => {
    const rank1 = random([4, 1], 9)
    await onCpu.run(() => checkGrads((x) => det(x), [matmul(random([4, 3], 10), random([3, 4], 11))]))
    await onCpu.run(() => checkGrads((x) => det(x), [matmul(random([3, 1], 12), random([1, 3], 13))]))
    await onCpu.run(() => checkGrads((x) => det(x), [zeros([3, 3], { dtype: 'float64' })]))
    expect(Math.abs((await valueOf(det(matmul(rank1, swap(rank1))))).item() as number)).toBeLessThan(1e-12)
  })

  it('is 1 without rows, and its logarithm -Infinity where it is 0', async () => {
    const [empty, singular] = await values(
      det(zeros([0, 0])),
      slogdet([
        [1, 2],
        [2, 4],
      ]).logAbsDet,
    )
    expect([empty.item(), singular.item()]).toEqual([1, -Infinity])
  })
})
