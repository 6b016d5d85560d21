import { afterAll, expect, it } from 'vitest'
import { tensor, type Tensor } from '@gradloom/core'
import * as linalg from '../src/index.ts'
import { draws } from './gallery.ts'
import { closeAll, onCpu } from './support.ts'

afterAll(closeAll)

const COUNT = 5000
/** Matrices of one shape go through each function in one stack, then alone where the stack is refused. */
const functions: Readonly<Record<string, (x: Tensor) => readonly Tensor[]>> = {
  cholesky: (x) => [linalg.cholesky(x)],
  lu: (x) => Object.values(linalg.lu(x)),
  inv: (x) => [linalg.inv(x)],
  det: (x) => [linalg.det(x)],
  qr: (x) => Object.values(linalg.qr(x)),
  svd: (x) => Object.values(linalg.svd(x)),
  eigh: (x) => Object.values(linalg.eigh(x)),
  eig: (x) => [linalg.eig(x).values.re, linalg.eig(x).vectors.im],
  matrixExp: (x) => [linalg.matrixExp(x)],
  matrixSqrt: (x) => [linalg.matrixSqrt(x)],
  pinv: (x) => [linalg.pinv(x)],
  schur: (x) => Object.values(linalg.schur(x)),
}

/** Elements of a kind. */
const kinds: readonly ((next: () => number, i: number, j: number) => number)[] = [
  (next) => next(),
  (next) => Math.round(next() * 2),
  (next) => Math.round(next()) * 10 ** Math.round(next() * 150),
  (next) => next() * 10 ** (next() * 20),
  (_, i, j) => (i === j ? 1 : 0),
  (_, i, j) => (i === j + 1 ? 1 : 0),
  (next, i, j) => (i >= j ? 0 : next()),
  () => 1,
  () => 0,
  (next) => (next() > 0.9 ? NaN : next()),
  (next) => (next() > 0.9 ? Infinity : next()),
  (next, i, j) => Math.min(i, j) + 1 + 1e-15 * next(),
]

it(`${COUNT} matrices of random kinds: a result without NaN, or an error with a name`, async () => {
  const next = draws(2026)
  const names = Object.keys(functions)
  let results = 0
  let errors = 0
  const run = async (name: string, x: Tensor): Promise<void> => {
    try {
      const got = await onCpu.evaluate([...functions[name]!(x)])
      results++
      for (const g of got)
        expect(
          g.data.some((v: number) => Number.isNaN(v)),
          `${name} of ${x}`,
        ).toBe(false)
    } catch (error) {
      errors++
      expect(error, `${name}`).toMatchObject({ name: 'LinalgError', code: expect.any(String) })
    }
  }
  for (let count = 0; count < COUNT; count++) {
    const n = 1 + Math.floor(Math.abs(next()) * 6)
    const kind = kinds[count % kinds.length]!
    const isSymmetric = count % 3 === 0
    const a = Float64Array.from({ length: n * n }, (_, p) => kind(next, Math.floor(p / n), p % n))
    if (isSymmetric) for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[i * n + j] = a[j * n + i]!
    await run(
      names[Math.floor(Math.abs(next()) * names.length) % names.length]!,
      tensor(a, { dtype: 'float64' }).reshape([n, n]),
    )
  }
  expect([results > COUNT / 3, errors > COUNT / 20]).toEqual([true, true])
}, 300_000)
