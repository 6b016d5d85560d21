import { add, matmul, mul, sub, tensor, type Tensor } from '@gradloom/core'
import { eye } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import { eigh, eigvalsh, matrixLog, matrixSqrt, qr, solveSylvester } from '../src/index.ts'
import { swap } from '../src/ops/shape.ts'
import { closeAll, largest, random, valueOf } from './support.ts'

afterAll(closeAll)

const f64 = (rows: number[][]): Tensor => tensor(rows, { dtype: 'float64' })

describe('matrices that are symmetric to rounding', () => {
  it('are taken where all but the diagonal is rounding', async () => {
    const q = qr(random([3, 3], 1)).q
    const a = matmul(mul(q, 3), swap(q))
    const unit = tensor(
      [
        [1, 1e-6],
        [0, 1],
      ],
      { dtype: 'float32' },
    )
    for (const f of [eigvalsh, (x: Tensor) => eigh(x).values, matrixSqrt, matrixLog])
      for (const x of [
        a,
        f64([
          [1, 1e-17],
          [0, 1],
        ]),
        unit,
      ])
        await expect(valueOf(f(x))).resolves.toBeDefined()
    expect(largest(await valueOf(sub(eigvalsh(a), 3)))).toBeLessThan(1e-14)
  })

  it('are refused where they are not, relative to the largest element', async () => {
    for (const a of [
      [
        [1, 1e-7],
        [0, 1],
      ],
      [
        [0, 1],
        [-1, 0],
      ],
      [
        [0, 1e-300],
        [0, 0],
      ],
    ])
      await expect(valueOf(eigvalsh(f64(a)))).rejects.toMatchObject({ code: 'NOT_SYMMETRIC' })
  })
})

describe('matrices of any scale', () => {
  it.each([1e-300, 1e-200, 1e-150, 1e160, 1e200, 1e290])('solveSylvester solves: %d', async (scale) => {
    const [a, b, c] = [
      random([3, 3], 2),
      add(random([2, 2], 3), mul(eye(2, { dtype: 'float64' }), 5)),
      random([3, 2], 4),
    ]
    const x = mul(solveSylvester(mul(a, scale), mul(b, scale), c), scale)
    expect(largest(await valueOf(sub(add(matmul(a, x), matmul(x, b)), c)))).toBeLessThan(1e-14)
  })
})
