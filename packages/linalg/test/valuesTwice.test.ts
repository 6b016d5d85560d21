import { exp, grad, log, matmul, mul, square, stack, sub, sum, tensor, zeros, type Tensor } from '@gradloom/core'
import { checkGrads, scan } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import { eigh, eigvalsh, qr, spectralFunction, svd, svdvals } from '../src/index.ts'
import { swap, symmetric } from '../src/ops/shape.ts'
import { closeAll, largest, onCpu, random, valueOf, values } from './support.ts'

afterAll(closeAll)

const basis = qr(random([4, 4], 1)).q
const left = qr(random([5, 3], 2)).q
const right = qr(random([3, 3], 3)).q
const direction = random([4, 4], 4)
const vector = (list: readonly number[]): Tensor => tensor([...list], { dtype: 'float64' })
const withValues = (list: readonly number[]): Tensor => symmetric(matmul(mul(basis, vector(list)), swap(basis)))
const withSingular = (list: readonly number[]): Tensor => matmul(mul(left, vector(list)), swap(right))
/** The second derivative of a loss in a direction. */
const twice = (loss: (x: Tensor) => Tensor, at: Tensor, e: Tensor): Tensor => {
  const [g] = grad([loss(at)], [at])
  return grad([sum(mul(g, e))], [at])[0]
}
const differ = async (got: Tensor, want: Tensor): Promise<number> => {
  const [rest, size] = await values(sub(got, want), want)
  return largest(rest) / largest(size)
}

describe('eigenvalues that are equal, or almost', () => {
  const functions: readonly [string, (w: Tensor) => Tensor, (w: Tensor) => Tensor][] = [
    ['squares', square, (w) => mul(w, 2)],
    ['logarithms', log, (w) => tensor(1, { dtype: 'float64' }).div(w)],
    ['exp', exp, exp],
    ['(w - 1)^2', (w) => square(sub(w, 1)), (w) => mul(sub(w, 1), 2)],
  ]
  it.each(functions)('%s have the second derivative that spectralFunction has', async (_, f, df) => {
    const ofMatrix = spectralFunction(df)
    for (const list of [
      [1, 1, 1, 1],
      [0.5, 1, 1, 2],
      [0.7, 1.3, 1.3 + 1e-9, 2],
      [0.7, 1.3, 1.3 + 1e-6, 2],
      [0.7, 0.7, 2, 2],
    ]) {
      const a = withValues(list)
      const want = grad([sum(mul(ofMatrix(a), direction))], [a])[0]
      for (const of of [eigvalsh, (x: Tensor) => eigh(x).values])
        expect(
          await differ(
            twice((x) => sum(f(of(x))), a, direction),
            want,
          ),
          `${list}`,
        ).toBeLessThan(1e-7)
    }
  })

  it('the logarithm of the determinant, to second order, by differences', async () => {
    await onCpu.run(() => checkGrads((x) => sum(log(eigvalsh(symmetric(x)))), [withValues([1, 1, 2, 2])]))
    await onCpu.run(() => checkGrads((x) => square(sum(square(eigvalsh(symmetric(x))))), [withValues([1, 1, 2, 2])]))
  })

  it('in stacks too', async () => {
    const stacked = stack([withValues([1, 1, 2, 2]), withValues([1, 1, 1, 3])])
    const both = twice((x) => sum(square(eigvalsh(x))), stacked, direction)
    expect(await differ(both, mul(symmetric(direction), tensor([[[2]], [[2]]], { dtype: 'float64' })))).toBeLessThan(
      1e-9,
    )
  })

  it('no share where cotangents are constants that are equal', async () => {
    expect(largest(await valueOf(twice((x) => sum(eigvalsh(x)), withValues([1, 1, 1, 2]), direction)))).toBe(0)
  })

  const c = vector([1, 2, 3, 4])
  const inLoop = (x: Tensor): Tensor => {
    const none = zeros([4], { dtype: 'float64' })
    return scan((w: Tensor) => [eigvalsh(mul(sum(w), 0).add(x)), null], none, null, { length: 2 })[0]
  }
  it.each<[string, (x: Tensor) => Tensor, Tensor]>([
    ['weighs them differently', (x) => sum(mul(c, eigvalsh(x))), withValues([1, 1, 2, 3])],
    ['weighs them differently at 0', (x) => sum(mul(c, square(eigvalsh(x)))), zeros([4, 4], { dtype: 'float64' })],
    ['takes them out of sight', (x) => sum(square(inLoop(x))), withValues([1, 1, 2, 3])],
  ])('an error where the loss %s', async (_, loss, a) => {
    await expect(valueOf(twice(loss, a, direction))).rejects.toMatchObject({ code: 'DEGENERATE' })
  })
})

describe('singular values that are equal, almost, or 0', () => {
  const e = random([5, 3], 5)
  it.each([[[1, 1, 1]], [[2, 2, 0.5]], [[2, 2 - 1e-9, 0.5]], [[2, 0, 0]], [[0, 0, 0]], [[2, 1, 0]]])(
    '%j: the sum of squares has twice the direction',
    async (list) => {
      for (const [a, d] of [
        [withSingular(list), e],
        [swap(withSingular(list)), swap(e)],
        [matmul(mul(right, vector(list)), right), random([3, 3], 6)],
      ])
        for (const of of [svdvals, (x: Tensor) => svd(x).s])
          expect(
            await differ(
              twice((x) => sum(square(of(x))), a, d),
              mul(d, 2),
            ),
          ).toBeLessThan(1e-7)
    },
  )

  it('other losses, to second order, by differences', async () => {
    await onCpu.run(() => checkGrads((x) => sum(exp(square(svdvals(x)))), [withSingular([1, 1, 0])]))
    await onCpu.run(() => checkGrads((x) => sum(log(svdvals(x))), [withSingular([1, 1, 2])]))
    await onCpu.run(() => checkGrads((x) => exp(svdvals(x)), [withSingular([1, 0.5, 2])]))
  })

  it('an error where the loss is not smooth at 0', async () => {
    await expect(valueOf(twice((x) => sum(svdvals(x)), withSingular([2, 1, 0]), e))).rejects.toMatchObject({
      code: 'DEGENERATE',
    })
  })
})
