import { grad, ones, square, sum, tensor, zeros, type Tensor } from '@gradloom/core'
import { afterAll, describe, expect, it } from 'vitest'
import * as linalg from '../src/index.ts'
import { closeAll, random, valueOf } from './support.ts'

afterAll(closeAll)

const nan = tensor(
  [
    [1, NaN],
    [NaN, 1],
  ],
  { dtype: 'float64' },
)
const skew = tensor(
  [
    [1, 2],
    [0, 1],
  ],
  { dtype: 'float64' },
)
/** The zeros of its inverse would be those of infinity. */
const far = tensor(
  [
    [1, 0],
    [0, 1e-320],
  ],
  { dtype: 'float64' },
)
const singular = zeros([2, 2], { dtype: 'float64' })
const pair = ones([2], { dtype: 'float64' })

describe('errors name the function that was called', () => {
  const said = async (f: () => Tensor): Promise<string> => {
    try {
      await valueOf(f())
    } catch (error) {
      return (error as Error).message
    }
    return 'nothing'
  }

  it.each<[string, (x: Tensor) => Tensor]>([
    ['inv', linalg.inv],
    ['solve', (x) => linalg.solve(x, pair)],
    ['matrixPower', (x) => linalg.matrixPower(x, -1)],
    ['lu', (x) => linalg.lu(x).u],
    ['matrixSqrt', linalg.matrixSqrt],
    ['matrixLog', linalg.matrixLog],
    ['spectralFunction', linalg.spectralFunction(square)],
    ['eigvalsh', linalg.eigvalsh],
    ['svdvals', linalg.svdvals],
    ['pinv', (x) => linalg.pinv(x)],
    ['lstsq', (x) => linalg.lstsq(x, pair)],
    ['cond', (x) => linalg.cond(x)],
    ['cond', (x) => linalg.cond(x, { ord: 1 })],
    ['cond', (x) => linalg.cond(x, { ord: 'nuc' })],
    ['matrixRank', (x) => linalg.matrixRank(x)],
    ['polar', (x) => linalg.polar(x).p],
    ['lowRank', (x) => linalg.lowRank(x, 1)],
    ['norm', (x) => linalg.norm(x, { ord: 'nuc' })],
    ['norm', (x) => linalg.norm(x, { ord: 2 })],
    ['choleskySolve', (x) => linalg.choleskySolve(x, x)],
    ['solveLyapunov', (x) => linalg.solveLyapunov(x, x)],
    ['solveSylvester', (x) => linalg.solveSylvester(x, x, x)],
    ['sinm', linalg.sinm],
    ['matrixExp', linalg.matrixExp],
  ])('%s, of NaN', async (name, f) => {
    expect(await said(() => f(nan))).toMatch(new RegExp(`^${name}: finite`))
  })

  it.each<[string, (x: Tensor) => Tensor]>([
    ['matrixSqrt', linalg.matrixSqrt],
    ['matrixLog', linalg.matrixLog],
    ['eigvalsh', linalg.eigvalsh],
    ['spectralFunction', linalg.spectralFunction(square)],
  ])('%s, of what is not symmetric', async (name, f) => {
    expect(await said(() => f(skew))).toMatch(new RegExp(`^${name}: a symmetric`))
  })

  it.each<[string, () => Tensor]>([
    ['inv', () => linalg.inv(far)],
    ['solveLyapunov', () => linalg.solveLyapunov([[0]], [[1]])],
    ['lstsq', () => linalg.lstsq(skew, ones([3, 1]))],
    ['lstsq', () => linalg.lstsq(skew, ones([3]))],
    ['choleskySolve', () => linalg.choleskySolve(skew, ones([3, 1]))],
    ['choleskySolve', () => linalg.choleskySolve(skew, pair)],
    ['solveLyapunov', () => linalg.solveLyapunov(skew, ones([3, 1]))],
    ['norm', () => linalg.norm(skew, { axis: [0, 0] })],
    ['norm', () => linalg.norm(skew, { axis: [0, -2], ord: 1 })],
    ['norm', () => linalg.norm(zeros([2, 0]), { axis: [0, 1], ord: -1 })],
    ['norm', () => linalg.norm([], { axis: 0, ord: -Infinity })],
    ['pinv', () => grad([sum(linalg.pinv(nan))], [nan])[0]],
    ['lu', () => grad([sum(linalg.lu(singular).l)], [singular])[0]],
    ['cond', () => linalg.cond(zeros([2, 3]), { ord: 1 })],
    ['eigvalsh', () => grad([sum(grad([sum(linalg.eigvalsh(skew))], [skew])[0])], [skew])[0]],
  ])('%s, of what it does not take: %#', async (name, f) => {
    expect(await said(f)).toMatch(new RegExp(`^${name}: `))
  })
})

it('lowRank says at a tie that another rank is needed', async () => {
  await expect(
    valueOf(
      linalg.lowRank(
        [
          [1, 0],
          [0, 1],
        ],
        1,
      ),
    ),
  ).rejects.toMatchObject({
    code: 'DEGENERATE',
    message: expect.stringMatching(/^lowRank: .*; choose another rank$/),
  })
})

it('kron takes stacks on either side', async () => {
  const stack = random([3, 2, 2], 1)
  const [left, right] = [linalg.kron([[1, 2]], stack), linalg.kron(stack, [[1], [2]])]
  expect([(await valueOf(left)).shape, (await valueOf(right)).shape]).toEqual([
    [3, 2, 4],
    [3, 4, 2],
  ])
})
