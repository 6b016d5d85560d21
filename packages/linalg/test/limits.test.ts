import {
  add,
  grad,
  matmul,
  mul,
  square,
  sub,
  sum,
  tensor,
  type HostArray,
  type Tensor,
  type TensorLike,
} from '@gradloom/core'
import { eye } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import {
  cholesky,
  det,
  eig,
  eigh,
  eigvalsh,
  inv,
  matrixLog,
  matrixSqrt,
  pinv,
  polar,
  qr,
  solveSylvester,
} from '../src/index.ts'
import { swap, symmetric } from '../src/ops/shape.ts'
import { closeAll, largest, random, valueOf, values } from './support.ts'

afterAll(closeAll)

const matrix = (rows: number[][]): Tensor => tensor(rows, { dtype: 'float64' })

/** The largest magnitude of a difference. */
const apart = (a: HostArray, b: HostArray): number =>
  Math.max(...Array.from(a.data, (v, i) => Math.abs(v - Number(b.data[i]))))

const slope = (f: (x: Tensor) => Tensor, x: Tensor, direction: TensorLike): Tensor =>
  grad([sum(mul(direction, f(x)))], [x])[0]

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
        matrix([
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
      await expect(valueOf(eigvalsh(matrix(a)))).rejects.toMatchObject({ code: 'NOT_SYMMETRIC' })
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

  const tall = random([3, 2], 5)
  const square2 = random([2, 2], 6)
  const positive = add(matmul(square2, swap(square2)), eye(2, { dtype: 'float64' }))
  const [wide, small] = [random([3, 2], 7), random([2, 2], 8)]
  /** Of degree -1 in their input, at 1 / scale of it. */
  const gradients: readonly [string, Tensor, (x: Tensor, scale: number) => Tensor][] = [
    ['eig, vectors', square2, (x) => slope((a) => square(eig(a).vectors.re), x, small)],
    [
      'eig, of complex values',
      matrix([
        [1, 2],
        [-3, 1.5],
      ]),
      (x) => slope((a) => square(eig(a).vectors.im), x, small),
    ],
    ['pinv', tall, (x, scale) => slope((a) => swap(pinv(a)), x, mul(wide, scale))],
    ['pinv of a wide matrix', swap(tall), (x, scale) => slope(pinv, x, mul(wide, scale))],
    ['polar, second', tall, (x, s) => slope((a) => slope((b) => polar(b).u, a, wide), x, mul(wide, s))],
    ['matrixLog, second', positive, (x, s) => slope((a) => slope(matrixLog, a, small), x, mul(small, s))],
  ]
  it.each(gradients)('the gradient of %s', async (_, x, of) => {
    const want = await valueOf(of(x, 1))
    for (const scale of [2 ** -900, 2 ** -520, 2 ** 515, 2 ** 900]) {
      const got = await valueOf(mul(of(mul(x, scale), scale), scale))
      expect(apart(got, want), `${scale}`).toBeLessThan(1e-11 * largest(want))
    }
  })

  it('the gradient of eig, in float32', async () => {
    const of = (x: Tensor): Tensor => slope((a) => square(eig(a).vectors.re), x, small.cast('float32'))
    const x = square2.cast('float32')
    const want = await valueOf(of(x))
    for (const scale of [2 ** -100, 2 ** -70, 2 ** 66, 2 ** 100])
      expect(apart(await valueOf(mul(of(mul(x, scale)), scale)), want)).toBeLessThan(1e-4 * largest(want))
  })

  it.each([
    [[1e-200, 1e-200, 1e200, 1e200], 1],
    [[1e200, -1e200, 1e-200, 1e-200], -1],
    [[1e-300, 1e-20, 3e300, 1e20], 3],
    [[5e-324, 2 ** 1000, 2 ** 80], 2 ** 6],
    [[1e-200, 0, 1e200], 0],
    [[1e-200, 1e-200, 2], 0],
    [[1e200, 1e200, -2], -Infinity],
  ])('det of a diagonal of %j', async (diagonal, want) => {
    const a = mul(eye(diagonal.length, { dtype: 'float64' }), tensor(diagonal, { dtype: 'float64' }))
    const got = Number((await valueOf(det(a))).item())
    expect(got === want || Math.abs(got / want - 1) < 1e-14).toBe(true)
  })

  it.each([1e-307, 1.7e308])('polar and matrixSqrt of elements of size %d', async (scale) => {
    const a = mul(eye(2, { dtype: 'float64' }), scale)
    const [p, root] = await values(polar(a).p, matrixSqrt(a))
    expect([...p.data]).toEqual([scale, 0, 0, scale])
    expect(Number(root.data[0]) / Math.sqrt(scale)).toBeCloseTo(1, 12)
  })

  it('eigh of a block whose squares are out of range beside another', async () => {
    const a = matrix([
      [1, 0, 0],
      [0, 0, 1e-200],
      [0, 1e-200, 0],
    ])
    expect([...(await valueOf(eigh(a).values)).data]).toEqual([-1e-200, 1e-200, 1])
  })

  it.each([1e-307, 1, 1.7e308])('cholesky of elements of size %d', async (scale) => {
    const root = Math.sqrt(scale)
    const [lone, wide] = await values(
      cholesky(
        matrix([
          [scale, 0],
          [0, scale],
        ]),
      ),
      cholesky(
        matrix([
          [scale, 0.9 * scale],
          [0.9 * scale, scale],
        ]),
      ),
    )
    expect([...lone.data]).toEqual([root, 0, 0, root])
    expect(Number(wide.data[3]) / root).toBeCloseTo(Math.sqrt(0.19), 12)
  })

  it('det and its gradient, where products of half the values are out of range', async () => {
    const n = 140
    const diagonal = Array.from({ length: n }, (_, i) => (i % 2 ? 1e5 : 1e-5))
    const a = mul(eye(n, { dtype: 'float64' }), tensor(diagonal, { dtype: 'float64' }))
    expect(Number((await valueOf(det(a))).item())).toBeCloseTo(1, 12)
    const g = await valueOf(slope(det, a, 1))
    diagonal.forEach((v, i) => expect(Number(g.data[(n + 1) * i]) * v).toBeCloseTo(1, 12))
  })
})

describe('positive definite and of full rank', () => {
  const turn = qr(random([2, 2], 9)).q
  const of = (least: number, dtype: 'float32' | 'float64'): Tensor =>
    symmetric(matmul(mul(turn, tensor([1, least], { dtype: 'float64' })), swap(turn))).cast(dtype)

  it.each([
    ['float64', 1e-13, 2e-2],
    ['float64', 1e-15, 0.5],
    ['float32', 1e-6, 0.2],
  ] as const)('is what has values above n eps of the largest: %s, %d', async (dtype, least, error) => {
    const a = of(least, dtype)
    const [log, u, slopes] = await values(
      eigvalsh(matrixLog(a)),
      sub(matmul(polar(a).u, swap(polar(a).u)), eye(2, { dtype })),
      slope(matrixLog, a, eye(2, { dtype })),
    )
    expect(Math.abs(Number(log.data[0]) / Math.log(least) - 1)).toBeLessThan(error)
    expect(largest(u)).toBeLessThan(1e-6)
    expect([...slopes.data].every(Number.isFinite)).toBe(true)
  })

  it.each([
    ['float64', 1e-16],
    ['float32', 1e-7],
    ['float64', 0],
  ] as const)('is no other: %s, %d', async (dtype, least) => {
    const a = mul(eye(2, { dtype }), tensor([1, least], { dtype }))
    for (const f of [matrixLog, (x: Tensor) => polar(x).u])
      await expect(valueOf(f(a))).rejects.toMatchObject({ code: 'SINGULAR' })
  })
})

describe('gradients of ill-conditioned matrices lose no more digits than their results', () => {
  /** Singular values 1, 0.1 and 1 / condition. */
  const ill = (condition: number): Tensor => {
    const [left, right] = [1, 2].map((seed) => qr(random([3, 3], seed)).q)
    return matmul(mul(left, matrix([[1, 0.1, 1 / condition]])), right)
  }
  const twice = (f: (x: Tensor) => Tensor, x: Tensor): Tensor =>
    slope((a) => slope(f, a, matrix([[1, -1, 2]])), x, matrix([[1], [0.5], [-1]]))
  const error = async (got: Tensor, want: Tensor): Promise<number> => {
    const [x, y] = await values(got, want)
    return apart(x, y) / largest(y)
  }

  it('qr, square and wide: R^-T divides zeros by its least number', async () => {
    const wide = matmul(
      ill(1e3),
      matrix([
        [1, 0, 0, 2],
        [0, 1, 0, -1],
        [0, 0, 1, 1],
      ]),
    )
    for (const a of [ill(1e3), wide]) {
      const [exact] = await values(a.cast('float32').cast('float64'))
      const x = tensor(exact)
      const of = (y: Tensor): Tensor => qr(y).q
      const first = (y: Tensor): Tensor => slope(of, y, matrix([[1, -1, 2]]).cast(y.dtype))
      const second = (y: Tensor): Tensor => slope(first, y, matrix([[1], [0.5], [-1]]).cast(y.dtype))
      expect(await error(first(x.cast('float32')), first(x))).toBeLessThan(1e-6)
      expect(await error(second(x.cast('float32')), second(x))).toBeLessThan(2e-6)
    }
  })

  it('pinv, twice: as inv', async () => {
    const [a] = await values(ill(1e6))
    expect(await error(twice(pinv, tensor(a)), twice(inv, tensor(a)))).toBeLessThan(1e-7)
  })
})
