import { describe, expect, it } from 'vitest'
import { plainBlas } from '../src/kernels/blas.ts'
import { factor } from '../src/kernels/cholesky.ts'
import { createEigh, eighRoom } from '../src/kernels/eigh.ts'
import type { Tools } from '../src/kernels/kernel.ts'
import { factorLu } from '../src/kernels/lu.ts'
import { createRoom, dense } from '../src/kernels/matrix.ts'
import { createQr, qrRoom } from '../src/kernels/qr.ts'
import { createSvd, svdRoom } from '../src/kernels/svd.ts'
import { apart, fill, gallery, size, times, turned, type Square } from './gallery.ts'
import { EPS } from './support.ts'

const place = { index: 0, count: 1 }
/** Memory that holds anything, as a run finds it. */
const toolsOf = (room: number): Tools => ({
  blas: plainBlas,
  room: createRoom(new Float64Array(room).fill(NaN)),
})
const identity = (n: number): Square => fill(n, n, (i, j) => (i === j ? 1 : 0))
const SIZES = [
  [1, 1],
  [2, 2],
  [7, 7],
  [40, 40],
  [75, 75],
  [30, 9],
  [9, 30],
  [70, 40],
] as const
const SQUARES = SIZES.filter(([m, n]) => m === n).map(([m]) => m)

describe.each(gallery)('a matrix that is %s', (_, of) => {
  it('svd: backward error and orthogonality within 20 n eps', () => {
    for (const [m, n] of SIZES) {
      const a = of(m, n, 7 * m + n)
      const k = Math.min(m, n)
      const bound = 20 * Math.max(m, n) * EPS
      const [u, s, vh] = [new Float64Array(m * k), new Float64Array(k), new Float64Array(k * n)]
      createSvd(toolsOf(svdRoom(m, n)), m, n, true)(a.slice(), s, u, vh, place)
      const back = times(
        u.map((v, i) => v * s[i % k]),
        vh,
        m,
        k,
        n,
      )
      expect(apart(back, a), `${m} x ${n}`).toBeLessThanOrEqual(bound * s[0])
      expect(apart(times(turned(u, m, k), u, k, m, k), identity(k))).toBeLessThanOrEqual(bound)
      expect(apart(times(vh, turned(vh, k, n), k, n, k), identity(k))).toBeLessThanOrEqual(bound)
      expect([...s].every((v, i) => v >= 0 && (i === 0 || v <= s[i - 1]))).toBe(true)
      const alone = new Float64Array(k)
      createSvd(toolsOf(svdRoom(m, n)), m, n, false)(a.slice(), alone, null, null, place)
      expect(apart(alone, s)).toBeLessThanOrEqual(bound * s[0])
    }
  })

  it('eigh: backward error and orthogonality within 20 n eps', () => {
    for (const n of SQUARES) {
      const x = of(n, n, n)
      const a = fill(n, n, (i, j) => x[i * n + j] / 2 + x[j * n + i] / 2)
      const [w, v] = [new Float64Array(n), new Float64Array(n * n)]
      createEigh(toolsOf(eighRoom(n)), n, 'eigh')(a.slice(), w, v, place)
      const most = Math.max(Math.abs(w[0]), Math.abs(w[n - 1]))
      const back = times(
        v.map((y, i) => y * w[i % n]),
        turned(v, n, n),
        n,
        n,
        n,
      )
      expect(apart(back, a), `${n}`).toBeLessThanOrEqual(20 * n * EPS * most)
      expect(apart(times(turned(v, n, n), v, n, n, n), identity(n))).toBeLessThanOrEqual(20 * n * EPS)
      expect([...w].every((y, i) => i === 0 || y >= w[i - 1])).toBe(true)
    }
  })

  it('qr: backward error and orthogonality within 20 n eps', () => {
    for (const [m, n] of SIZES) {
      const a = of(m, n, m + n)
      const k = Math.min(m, n)
      const bound = 20 * Math.max(m, n) * EPS
      const [q, r] = [new Float64Array(m * k), new Float64Array(k * n)]
      createQr(toolsOf(qrRoom(m, n)), m, n)(dense(a, n), dense(q, k), dense(r, n))
      expect(apart(times(q, r, m, k, n), a)).toBeLessThanOrEqual(bound * size(a))
      expect(apart(times(turned(q, m, k), q, k, m, k), identity(k))).toBeLessThanOrEqual(bound)
      expect([...r].every((v, i) => (i % n < Math.floor(i / n) ? v === 0 : i % n > Math.floor(i / n) || v >= 0))).toBe(
        true,
      )
    }
  })

  it('lu: backward error within 20 n eps of the sizes of its factors', () => {
    for (const [m, n] of SIZES) {
      const a = of(m, n, m - n)
      const k = Math.min(m, n)
      const lu = a.slice()
      const order = new Int32Array(m)
      factorLu(plainBlas, dense(lu, n), m, n, order)
      const l = fill(m, k, (i, j) => (i === j ? 1 : i > j ? lu[i * n + j] : 0))
      const u = fill(k, n, (i, j) => (i <= j ? lu[i * n + j] : 0))
      const sorted = fill(m, n, (i, j) => a[order[i] * n + j])
      expect(l.every((v) => Math.abs(v) <= 1)).toBe(true)
      expect(apart(times(l, u, m, k, n), sorted)).toBeLessThanOrEqual(
        20 * Math.max(m, n) * EPS * Math.max(...u.map(Math.abs)),
      )
    }
  })

  it('cholesky of A A^T and something: backward error within 20 n eps', () => {
    for (const n of SQUARES) {
      const x = of(n, n, n + 1)
      const y = times(x, turned(x, n, n), n, n, n)
      const shift = 1e-3 * Math.max(...y) || 1
      const a = y.map((v, i) => (i % (n + 1) === 0 ? v + shift : v))
      const l = a.slice()
      if (a.every(Number.isFinite) && Math.max(...y) > 1e-290) {
        factor(plainBlas, dense(l, n), n, place)
        const lower = l.map((v, i) => (i % n > Math.floor(i / n) ? 0 : v))
        expect(apart(times(lower, turned(lower, n, n), n, n, n), a)).toBeLessThanOrEqual(20 * n * EPS * Math.max(...a))
      } else expect(Math.max(...y) < 1e-290 || y.some((v) => !Number.isFinite(v))).toBe(true)
    }
  })
})
