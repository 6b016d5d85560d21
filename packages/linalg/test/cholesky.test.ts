import { cpu } from '@gradloom/backend-cpu'
import { reference } from '@gradloom/conformance'
import { eye } from '@gradloom/ops'
import { add, createRuntime, grad, matmul, mul, sub, sum, tensor, where, zeros, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import { cholesky, choleskyPlugin, choleskySolve, linalg, triangularSolve } from '../src/index.ts'
import { swap } from '../src/ops/shape.ts'
import { closeAll, EPS, largest, onCpu, onReference, random, valueOf, values } from './support.ts'

afterAll(closeAll)

const positive = (shape: readonly number[], seed: number) => {
  const x = random(shape, seed)
  return add(matmul(x, swap(x)), mul(eye(shape.at(-1)!, { dtype: 'float64' }), 0.5))
}

describe('cholesky', () => {
  it('gives back its matrix to rounding, in stacks of any size', async () => {
    for (const shape of [
      [1, 1],
      [7, 7],
      [2, 3, 5, 5],
      [64, 64],
    ]) {
      const a = positive(shape, 3)
      const l = cholesky(a)
      const n = shape.at(-1)!
      expect(largest(await valueOf(sub(matmul(l, swap(l)), a)))).toBeLessThan(20 * n * EPS * largest(await valueOf(a)))
    }
  })

  it('is had by its own plugin beside that of all, and without one refused in words', async () => {
    for (const backend of [cpu({ threads: 1 }), reference()]) {
      const rt = createRuntime({ backends: [backend], plugins: [choleskyPlugin, linalg] })
      expect((await rt.evaluate([cholesky([[4]])]))[0].array()).toEqual([[2]])
      await rt.close()
    }
    const bare = createRuntime({ backends: [cpu({ threads: 1 })] })
    await expect(bare.evaluate([cholesky([[4]])])).rejects.toThrow(
      /cholesky: backend cpu has no kernel for this op; add its plugin to the runtime, or a backend that has one/,
    )
    await bare.close()
  })

  it('has none of an empty matrix, and of no matrices', async () => {
    expect((await valueOf(cholesky(zeros([0, 0])))).shape).toEqual([0, 0])
    expect((await valueOf(cholesky(zeros([0, 3, 3])))).shape).toEqual([0, 3, 3])
  })

  it('names the pivot of what is not positive definite, and what is not finite', async () => {
    await expect(
      valueOf(
        cholesky([
          [1, 2],
          [2, 1],
        ]),
      ),
    ).rejects.toMatchObject({
      name: 'LinalgError',
      code: 'NOT_POSITIVE_DEFINITE',
      message: expect.stringMatching(/pivot 1 at -3/),
    })
    await expect(
      valueOf(
        cholesky([
          [1, NaN],
          [NaN, 1],
        ]),
      ),
    ).rejects.toMatchObject({ code: 'NOT_FINITE' })
    expect(() => cholesky(zeros([2, 3]))).toThrow(expect.objectContaining({ name: 'ShapeError' }))
    expect(() => cholesky(zeros([3]))).toThrow(expect.objectContaining({ name: 'ShapeError' }))
  })

  it.each([onCpu, onReference])('has gradients to second order, and so have solutions', async (runtime) => {
    const a = positive([2, 3, 3], 5)
    await runtime.run(() => checkGrads((x) => cholesky(x), [a]))
    await runtime.run(() => checkGrads((x, b) => choleskySolve(cholesky(x), b), [a, random([3, 2], 6)]))
  })
})

describe('triangularSolve', () => {
  const a = tensor(
    [
      [2, 5],
      [1, 4],
    ],
    { dtype: 'float64' },
  )
  const b = tensor([[2], [9]], { dtype: 'float64' })
  it.each([
    [{ lower: true }, [1, 2]],
    [{ lower: true, transpose: true }, [-0.125, 2.25]],
    [{}, [-4.625, 2.25]],
    [{ transpose: true }, [1, 1]],
    [{ lower: true, unitDiagonal: true }, [2, 7]],
    [{ unitDiagonal: true }, [-43, 9]],
  ])('%o', async (options, want) => {
    expect([...(await valueOf(triangularSolve(a, b, options))).data]).toEqual(want)
    await onCpu.run(() => checkGrads((x, y) => triangularSolve(x, y, options), [a, b]))
  })

  it.each([1, 5, 70])('takes anything in what it does not read, and its gradient too: %i rows', async (n) => {
    const whole = add(random([n, n], 8), mul(eye(n, { dtype: 'float64' }), 3 * n))
    const right = random([n, 9], 9)
    for (const lower of [true, false])
      for (const transpose of [true, false])
        for (const unitDiagonal of [true, false]) {
          const k = unitDiagonal ? 1 : 0
          const rows = Array.from({ length: n }, (_, i) => n * i)
          const isRead = rows.map((_, i) => rows.map((_, j) => (lower ? i - j : j - i) >= k))
          const of = (a: Tensor): Tensor[] => {
            const x = triangularSolve(a, right, { lower, transpose, unitDiagonal })
            return [x, ...grad([sum(mul(x, right))], [a])]
          }
          const [x, gx] = await values(...of(where(isRead, whole, NaN)))
          const [y, gy] = await values(...of(where(isRead, whole, 0)))
          expect([...x.data]).toEqual([...y.data])
          expect([...gx.data]).toEqual([...gy.data])
        }
  })

  it('refuses NaN in what it reads', async () => {
    for (const [a, options] of [
      [
        [
          [1, NaN],
          [0, 1],
        ],
        {},
      ],
      [
        [
          [1, 0],
          [0, NaN],
        ],
        { lower: true },
      ],
    ] as const)
      await expect(valueOf(triangularSolve(a, b, options))).rejects.toMatchObject({ code: 'NOT_FINITE' })
  })

  it('refuses a zero on the diagonal, and rows that do not meet', async () => {
    await expect(
      valueOf(
        triangularSolve(
          [
            [1, 0],
            [3, 0],
          ],
          [[1], [1]],
        ),
      ),
    ).rejects.toMatchObject({ code: 'SINGULAR' })
    expect(() => triangularSolve(zeros([2, 2]), zeros([3, 1]))).toThrow(/as many rows/)
  })
})
