import { add, grad, hostArray, matmul, mul, pad, reshape, slice, sum, tensor, type Tensor } from '@gradloom/core'
import { checkGrads, eye, roll } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import { bicgstab, conjugateGradient, gmres, solve } from '../src/index.ts'
import { swap, symmetric } from '../src/ops/shape.ts'
import { closeAll, largest, onCpu, onReference, random, valueOf, values } from './support.ts'

afterAll(closeAll)

const N = 9
const noise = random([N, N], 1)
const positive = add(matmul(noise, swap(noise)), mul(eye(N, { dtype: 'float64' }), 2))
const general = add(noise, mul(eye(N, { dtype: 'float64' }), 5))
const b = random([N], 2)
const EXACT = { tolerance: 1e-13, maxIterations: 40 }
const by = (m: Tensor) => (v: Tensor) => matmul(m, v)

describe.each([
  ['conjugateGradient', conjugateGradient, positive],
  ['bicgstab', bicgstab, general],
  ['gmres', gmres, general],
] as const)('%s of a function', (_, solver, a) => {
  it('solves what the matrix solves, in as many iterations', async () => {
    const [x, own, iterations, same, residual, converged] = await values(
      solver(by(a), b, EXACT).x,
      solver(a, b, EXACT).x,
      solver(by(a), b, { tolerance: 1e-6 }).iterations,
      solver(a, b, { tolerance: 1e-6 }).iterations,
      solver(by(a), b, EXACT).residual,
      solver(by(a), b, EXACT).converged,
    )
    x.data.forEach((v, i) => expect(v).toBeCloseTo(Number(own.data[i]), 11))
    expect(iterations.item()).toBe(same.item())
    expect([iterations.shape, iterations.dtype]).toEqual([[], 'int32'])
    expect(residual.item()).toBeLessThan(1e-12)
    expect(converged.item()).toBe(1)
  })

  it.each([1e-170, 1e170])('solves for a right-hand side of size %d', async (size) => {
    const [x, plain] = await values(solver(by(a), mul(b, size), EXACT).x, solver(by(a), b, EXACT).x)
    x.data.forEach((v, i) => expect(Number(v) / size).toBeCloseTo(Number(plain.data[i]), 10))
  })

  it.each([1e-160, 1e160, 1e300])('solves for a function of size %d', async (size) => {
    const [x, plain] = await values(solver((v) => matmul(mul(a, size), v), b, EXACT).x, solver(by(a), b, EXACT).x)
    x.data.forEach((v, i) => expect(Number(v) * size).toBeCloseTo(Number(plain.data[i]), 10))
  })

  it('says that it did not converge', async () => {
    const s = solver(by(a), b, { tolerance: 1e-12, maxIterations: 2 })
    const [iterations, residual, converged] = await values(s.iterations, s.residual, s.converged)
    expect(iterations.item()).toBe(2)
    expect(residual.item()).toBeGreaterThan(1e-6)
    expect(converged.item()).toBe(0)
  })

  it('has gradients in b and in what the function uses, to second order', async () => {
    const shaped = (m: Tensor): Tensor => {
      const diagonal = mul(eye(3, { dtype: 'float64' }), 6)
      return add(solver === conjugateGradient ? symmetric(m) : m, diagonal)
    }
    await onCpu.run(() =>
      checkGrads(
        (m, v) => solver((u) => matmul(shaped(m), u), v, { tolerance: 1e-15, maxIterations: 20 }).x,
        [random([3, 3], 3), random([3], 4)],
      ),
    )
  })

  it('takes tensors of any shape, and a right-hand side of zeros', async () => {
    const image = reshape(random([12], 5), [3, 4])
    const blurred = (v: Tensor): Tensor =>
      v
        .mul(5)
        .sub(roll(v, 1, 0))
        .sub(roll(v, -1, 0))
    const s = solver(blurred, image, EXACT)
    const none = solver(blurred, mul(image, 0), EXACT)
    const [rest, zero, count, converged] = await values(
      blurred(s.x).sub(image),
      none.x,
      none.iterations,
      none.converged,
    )
    expect(rest.shape).toEqual([3, 4])
    expect(largest(rest)).toBeLessThan(1e-11)
    expect([largest(zero), count.item(), converged.item()]).toEqual([0, 0, 1])
  })

  it('ends without convergence where values are not finite', async () => {
    const s = solver((v) => v.mul(NaN), b, EXACT)
    const [iterations, converged] = await values(s.iterations, s.converged)
    expect(iterations.item()).toBeLessThanOrEqual(1)
    expect(converged.item()).toBe(0)
  })

  it('gives 0 without iterations, and nothing for nothing', async () => {
    const none = solver(by(a), b, { maxIterations: 0 })
    const zero = solver(by(a), mul(b, 0), { maxIterations: 0 })
    const empty = solver((v) => v.mul(2), tensor([], { dtype: 'float64' }))
    const [x, count, is, atZero, nothing, isEmpty] = await values(
      none.x,
      none.iterations,
      none.converged,
      zero.converged,
      empty.x,
      empty.converged,
    )
    expect([largest(x), count.item(), is.item(), atZero.item()]).toEqual([0, 0, 0, 1])
    expect([[...nothing.data], isEmpty.item()]).toEqual([[], 1])
  })

  it('is the same on a backend without scans', async () => {
    const { x } = solver(by(a), b, { tolerance: 1e-10, maxIterations: 12 })
    const [[own], [plain]] = await Promise.all([values(x), onReference.evaluate([x])])
    own.data.forEach((v, i) => expect(v).toBeCloseTo(Number(plain.data[i]), 9))
  })
})

describe('iterations that are not needed', () => {
  const double = (v: Tensor): Tensor => v.mul(2)
  it.each([
    ['conjugateGradient', conjugateGradient],
    ['bicgstab', bicgstab],
    ['gmres', gmres],
  ] as const)('of %s cost next to nothing: 2^31 of them would not end within the time of a test', async (_, solver) => {
    const { x, iterations } = solver(double, [1, 2], { maxIterations: 2 ** 31 - 1 })
    const [got, count] = await values(x, iterations)
    expect([[...got.data], count.item()]).toEqual([[0.5, 1], 1])
    expect(() => solver(double, [1, 2], { maxIterations: 2 ** 31 })).toThrow(
      expect.objectContaining({ name: 'SettingError', message: expect.stringContaining('2147483647') }),
    )
  })

  it('are as many as asked for, not whole blocks, where it takes more', async () => {
    const n = 2500
    // The wave takes a step an iteration: the residual is large until it is across.
    const chain = (v: Tensor): Tensor =>
      v
        .mul(2)
        .sub(pad(slice(v, [[1, null]]), [[0, 1]]))
        .sub(pad(slice(v, [[0, -1]]), [[1, 0]]))
    const first = pad(tensor([1], { dtype: 'float64' }), [[0, n - 1]])
    for (const maxIterations of [1999, 2001, 1e6]) {
      const { iterations, converged } = conjugateGradient(chain, first, { maxIterations, tolerance: 1e-12 })
      const [count, is] = await values(iterations, converged)
      expect([count.item(), is.item()]).toEqual(maxIterations < n ? [maxIterations, 0] : [n, 1])
    }
  })
})

describe('solvers of functions', () => {
  it('gmres begins again after as many directions as it keeps', async () => {
    const restarted = gmres(by(general), b, { ...EXACT, restart: 3, maxIterations: 200 })
    const [x, exact, iterations] = await values(restarted.x, solve(general, b), restarted.iterations)
    x.data.forEach((v, i) => expect(v).toBeCloseTo(Number(exact.data[i]), 9))
    expect(iterations.item()).toBeGreaterThan(N)
  })

  it('conjugateGradient ends where a function is not positive definite', async () => {
    const s = conjugateGradient((v) => v.neg(), b, EXACT)
    const [iterations, converged] = await values(s.iterations, s.converged)
    expect([iterations.item(), converged.item()]).toEqual([0, 0])
  })

  it('take a Hessian-vector product, and a gradient through it', async () => {
    const at = tensor(hostArray(Float64Array.of(0.5, -1, 2), [3]))
    const c = tensor(hostArray(Float64Array.of(1, 2, 3), [3]))
    const step = (p: Tensor): Tensor => {
      const energy = sum(add(mul(mul(p, p), mul(p, p)), mul(c, mul(p, p))))
      const [slope] = grad([energy], [p])
      const hessian = (v: Tensor): Tensor => grad([sum(mul(slope, v))], [p])[0]
      return conjugateGradient(hessian, slope, EXACT).x
    }
    const newton = (p: number, k: number): number => (4 * p ** 3 + 2 * k * p) / (12 * p ** 2 + 2 * k)
    const got = await valueOf(step(at))
    ;[...got.data].forEach((v, i) => expect(v).toBeCloseTo(newton([0.5, -1, 2][i], i + 1), 10))
    await onCpu.run(() => checkGrads(step, [at]))
  })

  it('of other functions are other programs', async () => {
    const [a, other] = [2, 4].map((k) => conjugateGradient((v) => v.mul(k), [8, 8]).x)
    expect([...(await valueOf(a)).data]).toEqual([4, 4])
    expect([...(await valueOf(other)).data]).toEqual([2, 2])
  })

  it('refuse a function that gives another shape', () => {
    expect(() => gmres((v) => sum(v), b)).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })
})
