import { grad, mul, sum, tensor, type Tensor } from '@gradloom/core'
import { eye } from '@gradloom/ops'
import { afterAll, describe, expect, it } from 'vitest'
import * as linalg from '../src/index.ts'
import { closeAll, onCpu, random, values } from './support.ts'

afterAll(closeAll)

/** How often a program has a kernel. */
async function countOf(kernel: string, tensors: readonly Tensor[]): Promise<number> {
  const step = onCpu.variables().compile(() => Object.fromEntries(tensors.map((t, i) => [`y${i}`, t])))
  const { steps } = await step.plan({})
  return steps.filter((s) => s.type === 'kernel' && s.name === `linalg/${kernel}`).length
}
const withGradients = (results: readonly Tensor[], a: Tensor): Tensor[] => [
  ...results,
  ...results.map((y) => grad([sum(mul(y, y))], [a])[0]),
]

const a = random([2, 4, 4], 1)
const positive = mul(a, 0.1)
  .add(mul(a.transpose([0, 2, 1]), 0.1))
  .add(mul(eye(4, { dtype: 'float64' }), 3))

describe('programs decompose a matrix once, whichever functions ask for it', () => {
  it('solve, inv, det, slogdet, lu, a negative power, and their gradients', async () => {
    const { solve, inv, det, slogdet, lu, matrixPower } = linalg
    const results = [solve(a, random([2, 4, 1], 2)), inv(a), det(a), slogdet(a).logAbsDet, lu(a).u, matrixPower(a, -1)]
    expect(await countOf('luFactor', withGradients(results, a))).toBe(1)
  })

  it('inv and the gradient of slogdet invert it once', async () => {
    expect(await countOf('luSolve', [linalg.inv(a), grad([sum(linalg.slogdet(a).logAbsDet)], [a])[0]])).toBe(1)
  })

  it('svd, pinv, lstsq, polar, lowRank, and their gradients', async () => {
    const { svd, pinv, lstsq, polar, lowRank } = linalg
    const results = [svd(a).s, pinv(a), lstsq(a, random([2, 4, 1], 3)), polar(a).u, lowRank(a, 2)]
    expect(await countOf('svd', withGradients(results, a))).toBe(1)
  })

  it('values alone: svdvals, cond, matrixRank and norms', async () => {
    const { svdvals, cond, matrixRank, norm } = linalg
    const results = [svdvals(a), cond(a), matrixRank(a), norm(a, { ord: 'nuc', axis: [1, 2] })]
    expect(await countOf('svdvals', results)).toBe(1)
  })

  it('eigh, matrixSqrt, matrixLog, and their gradients', async () => {
    const { eigh, matrixSqrt, matrixLog } = linalg
    const results = [eigh(positive).values, matrixSqrt(positive), matrixLog(positive)]
    expect(await countOf('eigh', withGradients(results, positive))).toBe(1)
  })

  it('sinm and cosm', async () => {
    expect(await countOf('matrixExp', [linalg.sinm(a), linalg.cosm(a)])).toBe(1)
  })
})

it('does not take settings that count for the same', async () => {
  const { eigh } = linalg
  const both = [eigh(positive).vectors, eigh(positive, { degenerate: 'mask' }).vectors]
  expect(await countOf('eigh', both)).toBe(2)
})

it('errors of what is shared name a function that was called, and plans keep their own', async () => {
  const { inv, matrixPower, slogdet } = linalg
  const nan = tensor([[NaN]], { dtype: 'float64' })
  await expect(values(inv(nan), slogdet(nan).sign)).rejects.toThrow(/^(inv|slogdet): finite/)
  await expect(values(inv(nan))).rejects.toThrow(/^inv: finite/)
  await expect(values(matrixPower(nan, -1))).rejects.toThrow(/^matrixPower: finite/)
})
