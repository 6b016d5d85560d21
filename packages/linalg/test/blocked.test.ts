import { afterAll, describe, expect, it } from 'vitest'
import { cpu } from '@gradloom/backend-cpu'
import { createRuntime, reshape, tensor, type HostArray, type Runtime, type Tensor } from '@gradloom/core'
import { cholesky, det, eigh, linalg, lu, matrixExp, qr, solve, svd, svdvals } from '../src/index.ts'
import { fill, gallery, type Square } from './gallery.ts'
import { EPS } from './support.ts'

/** Sizes at which blocks are full, and the last one is not. */
const SIZES = [
  [200, 200],
  [70, 230],
  [210, 130],
  [230, 70],
] as const

const onThreads = (threads: number): Runtime => createRuntime({ backends: [cpu({ threads })], plugins: [linalg] })
const one = onThreads(1)
const two = onThreads(2)
afterAll(() => Promise.all([one.close(), two.close()]))

const matrix = (a: Square, n: number): Tensor => reshape(tensor(a, { dtype: 'float64' }), [a.length / n, n])

/** The same bits from one thread and two. */
async function results(outputs: readonly Tensor[]): Promise<Square[]> {
  const alone = await one.evaluate([...outputs])
  const together = await two.evaluate([...outputs])
  const bytes = ({ data }: HostArray): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  together.forEach((result, i) => expect(Buffer.compare(bytes(result), bytes(alone[i]))).toBe(0))
  return alone.map(({ data }) => data as Square)
}

/** The largest magnitude of A B - C for A [m, k], B [k, n], both given by their elements. */
function residual(
  [m, k, n]: readonly [number, number, number],
  a: (i: number, p: number) => number,
  b: (p: number, j: number) => number,
  c: (i: number, j: number) => number,
): number {
  const right = fill(k, n, b)
  let most = 0
  for (let i = 0; i < m; i++) {
    const row = new Float64Array(n)
    for (let p = 0; p < k; p++) {
      const factor = a(i, p)
      for (let j = 0; j < n; j++) row[j] += factor * right[p * n + j]
    }
    row.forEach((v, j) => {
      most = Math.max(most, Math.abs(v - c(i, j)))
    })
  }
  return most
}
const unit = (i: number, j: number): number => (i === j ? 1 : 0)
const most = (a: Square): number => a.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0)

describe.each(gallery)('a large matrix that is %s, on one thread and two', (_, of) => {
  it.each(SIZES)('%i x %i, svd: backward error and orthogonality within 20 n eps', async (m, n) => {
    const a = of(m, n, m + 3 * n)
    const k = Math.min(m, n)
    const bound = 20 * Math.max(m, n) * EPS
    const { u: tensorU, s: tensorS, vh: tensorV } = svd(matrix(a, n))
    const [u, s, vh, alone] = await results([tensorU, tensorS, tensorV, svdvals(matrix(a, n))])
    const [ofU, ofV] = [(i: number, p: number) => u[i * k + p], (p: number, j: number) => vh[p * n + j]]
    expect(
      residual(
        [m, k, n],
        (i, p) => ofU(i, p) * s[p],
        ofV,
        (i, j) => a[i * n + j],
      ),
    ).toBeLessThanOrEqual(bound * s[0])
    expect(residual([k, m, k], (i, p) => ofU(p, i), ofU, unit)).toBeLessThanOrEqual(bound)
    expect(residual([k, n, k], ofV, (p, j) => ofV(j, p), unit)).toBeLessThanOrEqual(bound)
    expect(s.every((v, i) => v >= 0 && (i === 0 || v <= s[i - 1]))).toBe(true)
    expect(most(alone.map((v, i) => v - s[i]))).toBeLessThanOrEqual(bound * s[0])
  })

  it.each(SIZES)('%i x %i, qr: backward error and orthogonality within 20 n eps', async (m, n) => {
    const a = of(m, n, m - n)
    const k = Math.min(m, n)
    const bound = 20 * Math.max(m, n) * EPS
    const { q: tensorQ, r: tensorR } = qr(matrix(a, n))
    const [q, r] = await results([tensorQ, tensorR])
    const [ofQ, ofR] = [(i: number, p: number) => q[i * k + p], (p: number, j: number) => r[p * n + j]]
    const size = Math.max(most(r) * k, Number.MIN_VALUE)
    expect(residual([m, k, n], ofQ, ofR, (i, j) => a[i * n + j])).toBeLessThanOrEqual(bound * size)
    expect(residual([k, m, k], (i, p) => ofQ(p, i), ofQ, unit)).toBeLessThanOrEqual(bound)
    for (let i = 0; i < k; i++) {
      expect(ofR(i, i)).toBeGreaterThanOrEqual(0)
      expect(r.subarray(i * n, i * n + i).every((v) => v === 0)).toBe(true)
    }
  })

  it.each(SIZES)('%i x %i, lu: backward error within 20 n eps of the sizes of its factors', async (m, n) => {
    const a = of(m, n, 2 * m + n)
    const k = Math.min(m, n)
    const { p: tensorP, l: tensorL, u: tensorU } = lu(matrix(a, n))
    const [p, l, u] = await results([tensorP, tensorL, tensorU])
    const sources = Array.from({ length: m }, (__, i) => p.subarray(i * m, i * m + m).indexOf(1))
    expect(most(l)).toBeLessThanOrEqual(1)
    const error = residual(
      [m, k, n],
      (i, q) => l[sources[i] * k + q],
      (q, j) => u[q * n + j],
      (i, j) => a[i * n + j],
    )
    expect(error).toBeLessThanOrEqual(20 * Math.max(m, n) * EPS * most(u))
  })

  it('eigh: backward error and orthogonality within 20 n eps', async () => {
    const n = 200
    const x = of(n, n, n)
    const a = fill(n, n, (i, j) => x[i * n + j] / 2 + x[j * n + i] / 2)
    const { values: tensorW, vectors: tensorV } = eigh(matrix(a, n))
    const [w, v] = await results([tensorW, tensorV])
    const ofV = (i: number, p: number): number => v[i * n + p]
    const turned = (p: number, j: number): number => ofV(j, p)
    const bound = 20 * n * EPS
    expect(
      residual(
        [n, n, n],
        (i, p) => ofV(i, p) * w[p],
        turned,
        (i, j) => a[i * n + j],
      ),
    ).toBeLessThanOrEqual(bound * most(w))
    expect(residual([n, n, n], turned, ofV, unit)).toBeLessThanOrEqual(bound)
    expect(w.every((value, i) => i === 0 || value >= w[i - 1])).toBe(true)
  })
})

describe('on one thread and two', () => {
  const n = 200
  const random = gallery[0][1](n, n, 5)
  const positive = fill(n, n, (i, j) => random[i * n + j] + random[j * n + i] + (i === j ? 4 * n : 0))

  it('cholesky: backward error within 20 n eps', async () => {
    const [l] = await results([cholesky(matrix(positive, n))])
    const ofL = (i: number, p: number): number => l[i * n + p]
    const error = residual(
      [n, n, n],
      ofL,
      (p, j) => ofL(j, p),
      (i, j) => positive[i * n + j],
    )
    expect(error).toBeLessThanOrEqual(20 * n * EPS * most(positive))
  })

  it('solve: a backward error within 20 n eps', async () => {
    const b = gallery[0][1](n, 70, 6)
    const [x] = await results([solve(matrix(positive, n), matrix(b, 70))])
    const error = residual(
      [n, n, 70],
      (i, p) => positive[i * n + p],
      (p, j) => x[p * 70 + j],
      (i, j) => b[i * 70 + j],
    )
    expect(error).toBeLessThanOrEqual(20 * n * EPS * (most(positive) * most(x) * n + most(b)))
  })

  it('det and matrixExp: the same bits', async () => {
    const small = random.map((v) => v / 10)
    const [value, exponential] = await results([det(matrix(small, n)), matrixExp(matrix(small, n))])
    expect(Number.isFinite(value[0]) && value[0] !== 0).toBe(true)
    const [inverse] = await results([
      matrixExp(
        matrix(
          small.map((v) => -v),
          n,
        ),
      ),
    ])
    const error = residual(
      [n, n, n],
      (i, p) => exponential[i * n + p],
      (p, j) => inverse[p * n + j],
      unit,
    )
    expect(error).toBeLessThanOrEqual(1e-10)
  })
})
