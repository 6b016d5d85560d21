import { add, matmul, mul, sum, tensor, zeros, type Tensor } from '@gradloom/core'
import { checkGrads, eye } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import { bicgstab, conjugateGradient, gmres } from '../src/index.ts'
import { swap, symmetric } from '../src/ops/shape.ts'
import { closeAll, largest, onCpu, random, valueOf, values } from './support.ts'

afterAll(closeAll)

const N = 12
const x = random([2, N, N], 1)
const positive = add(matmul(x, swap(x)), mul(eye(N, { dtype: 'float64' }), 2))
const general = add(x, mul(eye(N, { dtype: 'float64' }), 9))
const b = random([N, 3], 2)

describe.each([
  ['conjugateGradient', conjugateGradient, positive],
  ['bicgstab', bicgstab, general],
  ['gmres', gmres, general],
] as const)('%s', (_, solver, a) => {
  it('solves, and reports iterations and residual', async () => {
    const s = solver(a, b, { tolerance: 1e-12 })
    const [rest, iterations, residual, converged] = await values(
      matmul(a, s.x).sub(b),
      s.iterations,
      s.residual,
      s.converged,
    )
    expect(largest(rest)).toBeLessThan(1e-10)
    expect([iterations.shape, iterations.dtype, converged.dtype]).toEqual([[2, 3], 'int32', 'bool'])
    expect([...iterations.data].every((k) => k > 0 && k < 60)).toBe(true)
    expect(largest(residual)).toBeLessThan(1e-11)
    expect([...converged.data].every(Boolean)).toBe(true)
  })

  it.each<['float32' | 'float64', number, number]>([
    ['float64', 1, 1e-200],
    ['float64', 1, 1e200],
    ['float64', 1e-200, 1e-220],
    ['float64', 1e200, 1e-20],
    ['float64', 1e300, 1e300],
    ['float64', 1e160, 1],
    ['float64', 1, 5e-324],
    ['float32', 1, 1e-30],
    ['float32', 1, 1e30],
  ])('solves in %s for a matrix of size %d and a right-hand side of size %d', async (dtype, size, length) => {
    const matrix = tensor(
      [
        [4, 1],
        [1, 3],
      ],
      { dtype },
    )
    const right = mul(tensor([1, 2], { dtype }), length)
    const s = solver(mul(matrix, size), right, { tolerance: 1e-12 })
    const [got, iterations, converged] = await values(s.x, s.iterations, s.converged)
    const digits = dtype === 'float32' ? 1e-6 : 1e-10
    const rounding = 5e-324
    ;[1 / 11, 7 / 11].forEach((v, i) => {
      const want = (v * length) / size
      expect(Math.abs(got.data[i] - want)).toBeLessThanOrEqual(digits * want + rounding)
    })
    expect([iterations.item(), converged.item()]).toEqual([2, 1])
  })

  it('says that it did not converge', async () => {
    const s = solver(a, b, { tolerance: 1e-12, maxIterations: 1 })
    const [iterations, residual, converged] = await values(s.iterations, s.residual, s.converged)
    expect([...iterations.data]).toEqual([1, 1, 1, 1, 1, 1])
    expect(largest(residual)).toBeGreaterThan(1e-6)
    expect([...converged.data].some(Boolean)).toBe(false)
  })

  it('takes vectors and zeros, and has gradients to second order', async () => {
    const one = solver(
      [
        [2, 0],
        [0, 4],
      ],
      [2, 8],
    )
    const none = solver(
      [
        [2, 0],
        [0, 4],
      ],
      [0, 0],
    )
    const [got, zero, count] = await values(one.x, none.x, none.iterations)
    expect([...got.data].map(Math.round)).toEqual([1, 2])
    expect([[...zero.data], count.item()]).toEqual([[0, 0], 0])
    const small =
      a === positive ? add(mul(eye(3, { dtype: 'float64' }), 6), symmetric(random([3, 3], 3))) : random([3, 3], 3)
    const shaped = (m: typeof small) => (a === positive ? symmetric(m) : add(m, mul(eye(3, { dtype: 'float64' }), 6)))
    await onCpu.run(() =>
      checkGrads((m, v) => solver(shaped(m), v, { tolerance: 1e-15, maxIterations: 50 }).x, [small, random([3], 4)]),
    )
  })

  it('gives 0 without iterations, and nothing for nothing', async () => {
    const none = solver(a, b, { maxIterations: 0 })
    const empty = solver(zeros([0, 0]), zeros([0]))
    const [got, is, nothing, isEmpty] = await values(none.x, none.converged, empty.x, empty.converged)
    expect([largest(got), [...is.data].some(Boolean)]).toEqual([0, false])
    expect([[...nothing.data], isEmpty.item()]).toEqual([[], 1])
  })

  it('refuses what is no setting', async () => {
    expect(() => solver(a, b, { tolerance: -1 })).toThrow(expect.objectContaining({ name: 'SettingError' }))
    await expect(valueOf(solver([[NaN]], [1]).x)).rejects.toMatchObject({ code: 'NOT_FINITE' })
  })
})

const singular = tensor(
  [
    [1, 1],
    [1, 1],
  ],
  { dtype: 'float64' },
)
it.each([
  ['a matrix', singular],
  ['a function', (v: Tensor) => matmul(singular, v)],
] as const)('gmres gives the best that there is for %s that is singular', async (_, a) => {
  for (const right of [
    [1, 2],
    [2, 0],
    [1, 1],
  ]) {
    const { x, residual, iterations } = gmres(a, tensor(right, { dtype: 'float64' }))
    const [sum2, rest, count] = await values(sum(x), residual, iterations)
    const [p, q] = right
    expect(Number(sum2.item())).toBeCloseTo((p + q) / 2, 9)
    expect(Number(rest.item())).toBeCloseTo(Math.abs(p - q) / Math.SQRT2 / Math.hypot(p, q), 9)
    expect(Number(count.item())).toBeLessThan(5)
  }
})

it('a singular matrix has bicgstab end without convergence, before its steps leave the range', async () => {
  const s = bicgstab(mul(random([5, 5], 159), tensor([1, 1, 1, 1, 0])), random([5], 5), { tolerance: 1e-10 })
  const [got, residual, converged] = await values(s.x, s.residual, s.converged)
  expect([...got.data].every((v) => Number.isFinite(v)) && Number.isFinite(residual.item())).toBe(true)
  expect(Boolean(converged.item())).toBe(false)
})
