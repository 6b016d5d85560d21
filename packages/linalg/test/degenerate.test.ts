import { exp, expandDims, grad, matmul, mul, sum, tanh, tensor, zeros, type Tensor } from '@gradloom/core'
import { checkGrads } from '@gradloom/ops'
import { sub, square, abs, log1p, sigmoid } from '@gradloom/core'
import { afterAll, describe, expect, it } from 'vitest'
import {
  eigh,
  eigvalsh,
  lowRank,
  matrixExp,
  matrixLog,
  matrixSqrt,
  norm,
  pinv,
  polar,
  qr,
  spectralFunction,
  svd,
  svdvals,
  type Degenerate,
} from '../src/index.ts'
import { swap, symmetric } from '../src/ops/shape.ts'
import { closeAll, largest, onCpu, random, valueOf } from './support.ts'

afterAll(closeAll)

const GAPS = [1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-11, 1e-12, 0]
const POLICIES: readonly Degenerate[] = ['strict', 'lorentzian', 'mask', 'taylor']
const N = 4

const basis = qr(random([N, N], 21)).q
const left = qr(random([5, 3], 22)).q
const right = qr(random([3, 3], 23)).q
const weights = random([N, N], 24)
const wide = random([5, 3], 25)

const vector = (values: readonly number[]): Tensor => tensor([...values], { dtype: 'float64' })
/** V diag(values) V^T. */
const withValues = (values: readonly number[]): Tensor => symmetric(matmul(mul(basis, vector(values)), swap(basis)))
const withSingular = (s: readonly number[]): Tensor => matmul(mul(left, vector(s)), swap(right))

const gradientOf = async (loss: (x: Tensor) => Tensor, at: Tensor): Promise<number[]> =>
  onCpu.run(async () => {
    const x = tensor(await at.data(), { dtype: 'float64' }).reshape(at.shape)
    const [g] = grad([loss(x)], [x])
    return [...(await valueOf(g)).data]
  })
const relative = (got: readonly number[], want: readonly number[]): number => {
  const size = Math.max(...want.map(Math.abs))
  return Math.max(...got.map((g, i) => Math.abs(g - want[i]))) / size
}

/** V (f[w_i, w_j] o V^T W V) V^T, with differences that lose nothing. */
async function exactGradient(
  values: readonly number[],
  difference: (a: number, b: number) => number,
): Promise<number[]> {
  const table = values.map((a) => values.map((b) => difference(a, b)))
  const inner = mul(matmul(matmul(swap(basis), symmetric(weights)), basis), tensor(table, { dtype: 'float64' }))
  return [...(await valueOf(matmul(matmul(basis, inner), swap(basis)))).data]
}

describe('spectral functions at gaps between eigenvalues', () => {
  const functions: readonly [string, (x: Tensor) => Tensor, (a: number, b: number) => number][] = [
    ['matrixExp', matrixExp, (a, b) => (a === b ? Math.exp(a) : (Math.exp(b) * Math.expm1(a - b)) / (a - b))],
    ['matrixLog', matrixLog, (a, b) => (a === b ? 1 / a : Math.log1p((a - b) / b) / (a - b))],
    ['matrixSqrt', matrixSqrt, (a, b) => 1 / (Math.sqrt(a) + Math.sqrt(b))],
    [
      'x^3',
      spectralFunction(
        (x) => mul(x, mul(x, x)),
        (x) => mul(3, square(x)),
      ),
      (a, b) => a * a + a * b + b * b,
    ],
    ['x^3, without its derivative', spectralFunction((x) => mul(x, mul(x, x))), (a, b) => a * a + a * b + b * b],
  ]
  it.each(functions)('%s: the exact gradient in every row', async (_, f, difference) => {
    const errors: Record<string, number> = {}
    for (const gap of GAPS) {
      const values = [0.7, 1.3, 1.3 + gap, 2.9]
      const got = await gradientOf((x) => sum(mul(weights, f(symmetric(x)))), withValues(values))
      errors[gap] = relative(got, await exactGradient(values, difference))
    }
    for (const gap of GAPS) expect(errors[gap], `gap ${gap}`).toBeLessThan(1e-6)
  })

  it.each(functions.slice(1, 4))('%s: second derivatives at ties and near them', async (_, f) => {
    for (const gap of [0.5, 1e-3, 0]) {
      const a = withValues([1.3, 1.3 + gap, 1.3 + gap, 2.9])
      await onCpu.run(() => checkGrads((x) => f(symmetric(x)), [a]))
    }
    await onCpu.run(() => checkGrads((x) => f(symmetric(x)), [withValues([1.7, 1.7, 1.7, 1.7])]))
  })

  it('works in float32, and far from the scale of 1', async () => {
    const values = [1e-12, -1e-12, 2e-12, 0]
    const f = spectralFunction(exp, exp)
    const got = await gradientOf((x) => sum(mul(weights, f(symmetric(x)))), withValues(values))
    expect(relative(got, await exactGradient(values, () => 1))).toBeLessThan(1e-6)
    const soft = spectralFunction((x) => log1p(exp(x)), sigmoid)
    expect((await valueOf(soft(withValues(values).cast('float32')))).dtype).toBe('float32')
  })
})

describe('functions of singular values at gaps between them', () => {
  /** <W, U g(s) V^T>' by its formula: differences and sums of g over those of s. */
  const exact = async (
    s: readonly number[],
    apart: (a: number, b: number) => number,
    together: (a: number, b: number) => number,
    ratio: (a: number) => number,
  ): Promise<number[]> => {
    const inner = matmul(matmul(swap(left), wide), right)
    const table = (f: (a: number, b: number) => number): Tensor =>
      tensor(
        s.map((a) => s.map((b) => f(a, b))),
        { dtype: 'float64' },
      )
    const even = mul(table(apart), inner.add(swap(inner)))
    const odd = mul(table(together), sub(inner, swap(inner)))
    const within = matmul(matmul(left, even.add(odd).mul(0.5)), swap(right))
    const beside = sub(matmul(wide, right), matmul(left, inner))
    return [...(await valueOf(within.add(matmul(mul(beside, vector(s.map(ratio))), swap(right))))).data]
  }

  it('polar, pinv, lowRank and the nuclear norm have the exact gradient in every row', async () => {
    for (const gap of GAPS) {
      const s = [2.1 + gap, 2.1, 0.8]
      const a = withSingular(s)
      const errors = {
        polar: relative(
          await gradientOf((x) => sum(mul(wide, polar(x).u)), a),
          await exact(
            s,
            () => 0,
            (p, q) => 2 / (p + q),
            (p) => 1 / p,
          ),
        ),
        pinv: relative(
          await gradientOf((x) => sum(mul(wide, swap(pinv(x)))), a),
          await exact(
            s,
            (p, q) => -1 / (p * q),
            (p, q) => 1 / (p * q),
            (p) => 1 / (p * p),
          ),
        ),
        lowRank: relative(
          await gradientOf((x) => sum(mul(wide, lowRank(x, 2))), a),
          await exact(
            s,
            (p, q) => (p > 1 && q > 1 ? 1 : p > 1 ? p / (p - q) : q > 1 ? q / (q - p) : 0),
            (p, q) => ((p > 1 ? p : 0) + (q > 1 ? q : 0)) / (p + q),
            (p) => (p > 1 ? 1 : 0),
          ),
        ),
        nuclear: relative(await gradientOf((x) => norm(x, { ord: 'nuc' }), a), [
          ...(await valueOf(matmul(left, swap(right)))).data,
        ]),
      }
      for (const [name, error] of Object.entries(errors)) expect(error, `${name} at gap ${gap}`).toBeLessThan(1e-6)
    }
  })

  it.each([[[2, 2, 2]], [[2, 2, 0.7]], [[3, 2, 0.7]]])('and second derivatives: %o', async (s) => {
    const tall = withSingular(s)
    const square = matmul(mul(right, vector(s)), swap(qr(random([3, 3], 26)).q))
    for (const a of [tall, swap(tall), square]) {
      await onCpu.run(() => checkGrads((x) => [polar(x).u, polar(x).p], [a]))
      await onCpu.run(() => checkGrads((x) => norm(x, { ord: 'nuc' }), [a]))
      if (s[2] < 2) await onCpu.run(() => checkGrads((x) => lowRank(x, 2), [a]))
      await onCpu.run(() => checkGrads((x) => pinv(x), [a]))
    }
  })

  it('the spectral norm shares its gradient among equal singular values', async () => {
    const [g, pair] = [
      await gradientOf((x) => norm(x, { ord: 2, axis: [0, 1] }), withSingular([2, 2, 1])),
      await valueOf(matmul(mul(left, vector([0.5, 0.5, 0])), swap(right))),
    ]
    expect(relative(g, [...pair.data])).toBeLessThan(1e-9)
  })

  it('what has lower rank already is its own nearest matrix of rank k', async () => {
    for (const a of [withSingular([3, 0, 0]), zeros([3, 3], { dtype: 'float64' })])
      expect(largest(await valueOf(sub(lowRank(a, 2), a)))).toBeLessThan(1e-14)
  })
  it('names a gap that lowRank needs, and ranks that polar needs', async () => {
    await expect(valueOf(lowRank(withSingular([2, 1, 1]), 2))).rejects.toMatchObject({ name: 'LinalgError' })
    await expect(valueOf(polar(withSingular([2, 1, 0])).u)).rejects.toMatchObject({ code: 'SINGULAR' })
  })
})

it.each<[string, (x: Tensor) => Tensor, readonly number[]]>([
  ['the vectors of svd', (x) => svd(x).vh, [0, 3]],
  ['the vectors of svd, tall and in a stack', (x) => svd(x, { degenerate: 'mask' }).u, [2, 3, 0]],
  ['the vectors of eigh', (x) => eigh(x).vectors, [0, 0]],
  ['the nuclear norm', (x) => norm(x, { ord: 'nuc' }), [2, 0]],
  ['pinv', (x) => pinv(x), [0, 3]],
  ['svdvals', svdvals, [2, 0]],
  ['polar', (x) => polar(x).u, [2, 0]],
  ['polar, wide and in a stack', (x) => polar(x).p, [2, 0, 3]],
  ['lowRank', (x) => lowRank(x, 1), [3, 0]],
])('%s: an empty gradient without values, and a second one', async (_, f, shape) => {
  const x = zeros(shape, { dtype: 'float64' })
  const [g] = grad([sum(square(f(x)))], [x])
  for (const t of [g, grad([sum(square(g))], [x])[0]]) expect((await valueOf(t)).shape).toEqual(shape)
})

describe('raw vectors', () => {
  const f = (x: Tensor, degenerate: Degenerate): Tensor => {
    const { values, vectors } = eigh(symmetric(x), { degenerate })
    return sum(mul(weights, matmul(mul(vectors, exp(expandDims(values, -2))), swap(vectors))))
  }
  const g = (x: Tensor, degenerate: Degenerate): Tensor => {
    const { u, s, vh } = svd(x, { degenerate })
    return sum(mul(wide, matmul(mul(u, tanh(expandDims(s, -2))), vh)))
  }

  it('are as good as their policy: right at wide gaps, and at least finite at none', async () => {
    for (const policy of POLICIES) {
      const values = [0.7, 1.3, 1.4, 2.9]
      const got = await gradientOf((x) => f(x, policy), withValues(values))
      const want = await exactGradient(values, (a, b) =>
        a === b ? Math.exp(a) : (Math.exp(b) * Math.expm1(a - b)) / (a - b),
      )
      expect(relative(got, want), `${policy}`).toBeLessThan(1e-6)
      const wanted = await gradientOf((x) => g(x, 'strict'), withSingular([2.2, 2.1, 0.5]))
      expect(relative(await gradientOf((x) => g(x, policy), withSingular([2.2, 2.1, 0.5])), wanted)).toBeLessThan(1e-6)
      if (policy === 'strict') continue
      const tied = await gradientOf((x) => f(x, policy), withValues([1.3, 1.3, 1.3, 2.9]))
      const alike = await gradientOf((x) => g(x, policy), withSingular([2, 2, 1]))
      expect([...tied, ...alike].every(Number.isFinite), `${policy}`).toBe(true)
    }
  })

  it('strict: throws with gap and indices where the loss depends on their choice, for eigh and for svd', async () => {
    const raw = (x: Tensor): Tensor => sum(mul(weights, eigh(symmetric(x)).vectors))
    await expect(gradientOf(raw, withValues([0.7, 1.3, 1.3, 2.9]))).rejects.toMatchObject({
      name: 'LinalgError',
      code: 'DEGENERATE',
      message: expect.stringMatching(/^eigh: values 1 and 2 are .* apart/),
    })
    const rawSvd = (x: Tensor): Tensor => sum(mul(wide, svd(x).u))
    await expect(gradientOf(rawSvd, withSingular([2, 2, 1]))).rejects.toMatchObject({
      code: 'DEGENERATE',
      message: expect.stringMatching(/^svd: values 0 and 1 are .* apart/),
    })
    await expect(gradientOf((x) => f(x, 'strict'), withValues([1.3, 1.3, 1.3, 2.9]))).rejects.toMatchObject({
      code: 'DEGENERATE',
    })
  })

  it('strict: throws where a value is 0 and the loss depends on its vectors', async () => {
    for (const a of [withSingular([2, 1, 0]), swap(withSingular([2, 1, 0]))]) {
      const w = random(a.shape, 27)
      const raw = (x: Tensor): Tensor => {
        const { u, vh } = svd(x)
        return sum(mul(w, matmul(u, vh)))
      }
      await expect(gradientOf(raw, a)).rejects.toMatchObject({
        code: 'DEGENERATE',
        message: expect.stringMatching(/^svd: value 2 is /),
      })
    }
  })

  it('strict: passes where the loss does not: a projection on all vectors of a value, and values alone', async () => {
    const projection = (x: Tensor): Tensor => {
      const { values, vectors } = eigh(symmetric(x))
      const isLow = sub(0.5, mul(0.5, tanh(mul(200, sub(values, 2)))))
      return sum(mul(weights, matmul(mul(vectors, expandDims(isLow, -2)), swap(vectors))))
    }
    const values = [1.3, 1.3, 1.3, 2.9]
    const got = await gradientOf(projection, withValues(values))
    expect(relative(got, await exactGradient(values, (a, b) => (a === b ? 0 : -1 / Math.abs(a - b))))).toBeLessThan(
      1e-6,
    )
    const ofValues = await gradientOf((x) => sum(square(eigvalsh(symmetric(x)))), withValues(values))
    expect(relative(ofValues, [...(await valueOf(mul(2, withValues(values)))).data])).toBeLessThan(1e-9)
    const ofSingular = await gradientOf((x) => sum(square(svdvals(x))), withSingular([2, 2, 1]))
    expect(relative(ofSingular, [...(await valueOf(mul(2, withSingular([2, 2, 1])))).data])).toBeLessThan(1e-9)
  })

  it('have gradients to second order where gaps are wide', async () => {
    await onCpu.run(() => checkGrads((x) => abs(eigh(symmetric(x)).vectors), [withValues([0.5, 1.2, 2, 3])]))
    for (const a of [withSingular([3, 2, 1]), swap(withSingular([3, 2, 1]))])
      await onCpu.run(() => checkGrads((x) => [abs(svd(x).u), svd(x).s, abs(svd(x).vh)], [a]))
  })
})
