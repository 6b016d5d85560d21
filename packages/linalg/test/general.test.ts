import { add, grad, matmul, mul, square, sub, sum, tensor, zeros, type Tensor } from '@gradloom/core'
import { checkGrads, eye } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import { eig, schur, solveLyapunov, solveSylvester } from '../src/index.ts'
import { swap } from '../src/ops/shape.ts'
import { realSchur } from '../src/kernels/schur.ts'
import { apart, fill, gallery, size, times, turned } from './gallery.ts'
import { closeAll, EPS, largest, onCpu, random, valueOf, values } from './support.ts'

afterAll(closeAll)

describe('schur', () => {
  it.each(gallery)('of a matrix that is %s: backward error and orthogonality within 20 n eps', (_, of) => {
    for (const n of [1, 2, 3, 8, 40]) {
      const a = of(n, n, 3 * n)
      const t = a.slice()
      const q = realSchur(t, n, 'schur', { index: 0, count: 1 })
      expect(apart(times(times(q, t, n, n, n), turned(q, n, n), n, n, n), a)).toBeLessThanOrEqual(
        20 * n * EPS * size(a),
      )
      expect(
        apart(
          times(turned(q, n, n), q, n, n, n),
          fill(n, n, (i, j) => (i === j ? 1 : 0)),
        ),
      ).toBeLessThanOrEqual(20 * n * EPS)
      expect(t.every((v, p) => Math.floor(p / n) <= (p % n) + 1 || v === 0)).toBe(true)
    }
  })

  it('stays orthogonal where rounding of a matrix of rank 1 shrinks to nothing', () => {
    for (const [n, c] of [
      [27, 0.1],
      [36, 1],
      [38, 1],
    ]) {
      const q = realSchur(new Float64Array(n * n).fill(c), n, 'schur', { index: 0, count: 1 })
      const unit = fill(n, n, (i, j) => (i === j ? 1 : 0))
      expect(apart(times(turned(q, n, n), q, n, n, n), unit)).toBeLessThanOrEqual(20 * n * EPS)
    }
  })

  it('finds eigenvalues of blocks whose squares are out of range', () => {
    for (const size of [1e-190, 1e-150]) {
      const t = Float64Array.of(3 * size, size, 0, 2 * size, 4 * size, 0, 0, 0, 1)
      realSchur(t, 3, 'schur', { index: 0, count: 1 })
      const found = [t[0], t[4]].map((v) => v / size).sort((x, y) => x - y)
      expect(Math.abs(found[0] - 2)).toBeLessThan(1e-14)
      expect(Math.abs(found[1] - 5)).toBeLessThan(1e-14)
    }
  })

  it('gives blocks of conjugate eigenvalues alone below the diagonal', async () => {
    const [t] = await values(
      schur([
        [0, 1],
        [-1, 0],
      ]).t,
      schur(random([2, 4, 4], 1)).z,
    )
    expect(Math.abs(t.data[2]!)).toBeGreaterThan(0.5)
    const [real] = await values(
      schur([
        [1, 2],
        [3, 4],
      ]).t,
    )
    expect(real.data[2]).toBe(0)
  })

  it('says that it has no gradient, and what has one', async () => {
    const a = random([3, 3], 1)
    const [g] = grad([sum(schur(a).t)], [a])
    await expect(valueOf(g)).rejects.toMatchObject({
      name: 'GradError',
      message: expect.stringMatching(/^schur: .*eig/),
    })
  })
})

describe('eig', () => {
  it('gives pairs that satisfy A V = V diag(w), in stacks', async () => {
    for (const n of [1, 2, 5, 30]) {
      const a = random([2, n, n], n)
      const { values: w, vectors: v } = eig(a)
      const wre = w.re.expandDims(-2)
      const wim = w.im.expandDims(-2)
      const [re, im, length] = await values(
        sub(matmul(a, v.re), sub(mul(v.re, wre), mul(v.im, wim))),
        sub(matmul(a, v.im), add(mul(v.re, wim), mul(v.im, wre))),
        sub(sum(add(square(v.re), square(v.im)), { axis: -2 }), 1),
      )
      for (const e of [re, im, length]) expect(largest(e)).toBeLessThan(1e-11)
    }
  })

  it.each([1e-200, 1e-300])('finds eigenvalues of size %d', async (scale) => {
    const a = random([12, 12], 3)
    const [small, plain] = await values(eig(mul(a, scale)).values.re, eig(a).values.re)
    const gap = Array.from(plain.data).reduce(
      (most, v, i) => Math.max(most, Math.abs(Number(small.data[i]) / scale - v)),
      0,
    )
    expect(gap).toBeLessThan(1e-10)
  })

  it('takes badly scaled and defective matrices', async () => {
    const [w] = await values(
      eig(
        tensor(
          [
            [1, 1e8],
            [1e-8, 1],
          ],
          { dtype: 'float64' },
        ),
      ).values.re,
    )
    expect([...w.data].sort((x, y) => x - y).map((x) => Math.abs(Math.round(x * 1e6) / 1e6))).toEqual([0, 2])
    const [v] = await values(
      eig([
        [1, 1],
        [0, 1],
      ]).vectors.re,
    )
    expect([...v.data].every(Number.isFinite)).toBe(true)
  })

  it.each<[string, (i: number, j: number) => number]>([
    ['of ones', (i, j) => (j >= i ? 1 : 0)],
    ['that shifts', (i, j) => (j === i + 1 ? 1 : 0)],
    [
      'with blocks of conjugate values',
      (i, j) => (i >> 1 === j >> 1 ? [3, 4, -4, 3][2 * (i & 1) + (j & 1)] : +(j > i)),
    ],
  ])('takes defective matrices of any size: a triangle %s', async (_, at) => {
    for (const n of [20, 22, 64]) {
      const a = tensor(fill(n, n, at), { dtype: 'float64' }).reshape([n, n])
      const { values: w, vectors: v } = eig(a)
      const [wre, wim] = [w.re.expandDims(-2), w.im.expandDims(-2)]
      const [re, im, length] = await values(
        sub(matmul(a, v.re), sub(mul(v.re, wre), mul(v.im, wim))),
        sub(matmul(a, v.im), add(mul(v.re, wim), mul(v.im, wre))),
        sub(sum(add(square(v.re), square(v.im)), { axis: -2 }), 1),
      )
      for (const e of [re, im, length]) expect(largest(e)).toBeLessThan(1e-12)
    }
  })

  it.each<[string, number[][]]>([
    [
      '2 rows',
      [
        [2, 1],
        [0, 2],
      ],
    ],
    [
      '2 rows, far from 0',
      [
        [2e6, 1],
        [0, 2e6],
      ],
    ],
    [
      '0',
      [
        [0, 1e-30],
        [0, 0],
      ],
    ],
    [
      '3 rows',
      [
        [2, 1, 0],
        [0, 2, 1],
        [0, 0, 2],
      ],
    ],
    [
      '2 rows, beside another value',
      [
        [2, 1, 0],
        [0, 2, 0],
        [0, 0, 3],
      ],
    ],
    [
      '2 rows, turned',
      [
        [3, 1],
        [-1, 1],
      ],
    ],
    [
      '3 rows, turned',
      [
        [1, 1, 0],
        [-1, 2, 1],
        [-1, 0, 3],
      ],
    ],
    [
      'complex values',
      [
        [0, 1, 1, 0],
        [-1, 0, 0, 1],
        [0, 0, 0, 1],
        [0, 0, -1, 0],
      ],
    ],
    [
      'one vector that is the sum of two',
      [
        [1, 0, 1],
        [0, 1, 1],
        [0, 0, 1],
      ],
    ],
  ])('says in the gradient that vectors depend on one another: a Jordan block of %s', async (_, rows) => {
    for (const dtype of ['float64', 'float32'] as const) {
      const a = tensor(rows, { dtype })
      const { values: w, vectors: v } = eig(a)
      for (const y of [w.re, square(v.re)])
        await expect(valueOf(grad([sum(y)], [a])[0])).rejects.toMatchObject({ name: 'LinalgError', code: 'SINGULAR' })
    }
  })

  it('has gradients where equal values have vectors of their own, and where other vectors nearly meet', async () => {
    const slopeOf = async (rows: number[][]): Promise<number[]> => {
      const a = tensor(rows, { dtype: 'float64' })
      return [...(await valueOf(grad([sum(square(eig(a).values.re))], [a])[0])).data]
    }
    expect(
      await slopeOf([
        [2, 0],
        [0, 2],
      ]),
    ).toEqual([4, 0, 0, 4])
    const near = [
      [2, 1],
      [0, 2 + 2 ** -20],
    ]
    const scaled = [
      [1, 1e17],
      [1e-17, 1],
    ]
    // The sum of squares of the values is the trace of A^2.
    for (const rows of [
      near,
      scaled,
      [
        [2, -3, 3],
        [0, -4, 6],
        [0, -9, 11],
      ],
    ]) {
      const got = await slopeOf(rows)
      const want = rows.flatMap((row, i) => row.map((_, j) => 2 * rows[j][i]))
      want.forEach((v, i) => expect(Math.abs(got[i] - v)).toBeLessThan(1e-8 * Math.max(1, Math.abs(v))))
    }
  })

  it('has gradients to second order, of what does not depend on phases', async () => {
    const a = random([4, 4], 33)
    const parts = (x: Tensor): Tensor[] => {
      const { values: w, vectors: v } = eig(x)
      return [w.re, square(w.im), add(square(v.re), square(v.im))]
    }
    await onCpu.run(() => checkGrads(parts, [a]))
  })
})

describe('solveSylvester and solveLyapunov', () => {
  it.each([
    [1, 1],
    [3, 2],
    [6, 9],
  ])('solve, with gradients: %i and %i', async (m, n) => {
    const [a, b, c] = [
      random([m, m], 2),
      add(random([n, n], 3), mul(eye(n, { dtype: 'float64' }), 5)),
      random([2, m, n], 4),
    ]
    const x = solveSylvester(a, b, c)
    expect(largest(await valueOf(sub(add(matmul(a, x), matmul(x, b)), c)))).toBeLessThan(1e-11)
    if (m < 6) await onCpu.run(() => checkGrads((p, q, r) => solveSylvester(p, q, r), [a, b, c]))
    const q = random([m, m], 5)
    const y = solveLyapunov(a, q)
    expect(largest(await valueOf(sub(add(matmul(a, y), matmul(y, swap(a))), q)))).toBeLessThan(1e-10)
  })

  it('solve where A has rank 1', async () => {
    const a = tensor(
      Array.from({ length: 38 }, () => new Array<number>(38).fill(1)),
      { dtype: 'float64' },
    )
    const c = random([38, 1], 12)
    const x = solveSylvester(a, tensor([[50]], { dtype: 'float64' }), c)
    expect(largest(await valueOf(sub(add(matmul(a, x), mul(x, 50)), c)))).toBeLessThan(1e-13)
  })

  it('says where there is no one solution', async () => {
    await expect(valueOf(solveSylvester([[1]], [[-1]], [[1]]))).rejects.toMatchObject({ code: 'SINGULAR' })
    expect(() => solveSylvester(zeros([2, 2]), zeros([3, 3]), zeros([3, 2]))).toThrow(/\[m, m\]/)
  })
})
