import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { cpu } from '@gradloom/backend-cpu'
import {
  createRuntime,
  full,
  grad,
  mul,
  reshape,
  setRuntime,
  sum,
  tensor,
  type Runtime,
  type Tensor,
} from '@gradloom/core'
import {
  adaptiveAvgPool1d,
  avgPool1d,
  batchNorm,
  cosineSimilarity,
  globalAvgPool,
  huberLoss,
  layerNorm,
  logSoftmax,
  mseLoss,
  rmsNorm,
  sigmoidCrossEntropy,
  softmax,
  softmaxCrossEntropy,
  sparseSoftmaxCrossEntropy,
  tripletMarginLoss,
} from '../src/index.ts'

let runtime: Runtime
beforeAll(() => {
  setRuntime((runtime = createRuntime({ backends: [cpu()] })))
})
afterAll(() => runtime.close())

/** More than float16 has: a count of as many elements is its infinity. */
const MANY = 65_520
const half = (data: Parameters<typeof tensor>[0]): Tensor => tensor(data, { dtype: 'float16' })
const filled = (value: number, ...shape: number[]): Tensor => full(shape, value, { dtype: 'float16' })
/** `size` and -`size` in turn. */
const alternating = (size: number, ...shape: number[]): Tensor =>
  reshape(half(Float32Array.from({ length: Math.max(...shape) }, (_, i) => (i % 2 ? -size : size))), shape)

/** `t` is float16, and what it begins with is near these numbers. */
async function expectNear(t: Tensor, ...want: number[]): Promise<void> {
  expect(t.dtype).toBe('float16')
  const [host] = await runtime.evaluate([reshape(t, [-1])])
  const got = (host.array() as number[]).slice(0, want.length)
  got.forEach((x, i) => {
    expect(Math.abs(x - want[i]), `${got} for ${want}`).toBeLessThanOrEqual(2e-3 * Math.abs(want[i]))
  })
}

describe('over more float16 elements than float16 counts', () => {
  const labels = tensor(new Int32Array(MANY))
  const pairs = full([MANY, 2], 0, { dtype: 'float16' })
  const share = 1000 / MANY
  type Case = readonly [fn: (x: Tensor) => Tensor, x: Tensor, value: number, gradient: number]
  const cases: { readonly [name: string]: Case } = {
    mseLoss: [(x) => mseLoss(x, 1), filled(3, MANY), 4, 4 * share],
    huberLoss: [(x) => huberLoss(x, 1), filled(3, MANY), 1.5, share],
    sparseSoftmaxCrossEntropy: [
      (x) => sparseSoftmaxCrossEntropy(x, labels, { reduction: 'mean' }),
      pairs,
      Math.LN2,
      -share / 2,
    ],
    'sparseSoftmaxCrossEntropy with weights': [
      (x) => sparseSoftmaxCrossEntropy(x, labels, { reduction: 'mean', weight: [1, 1], ignoreIndex: 1 }),
      pairs,
      Math.LN2,
      -share / 2,
    ],
    'softmaxCrossEntropy, smoothed, of as many classes': [
      (x) => softmaxCrossEntropy(x, filled(1 / 4096, 1, MANY), { reduction: 'mean', labelSmoothing: 1 }),
      alternating(0, 1, MANY),
      Math.log(MANY),
      0,
    ],
    'sparseSoftmaxCrossEntropy, smoothed, of as many classes': [
      (x) => sparseSoftmaxCrossEntropy(x, full([1], 0, { dtype: 'int32' }), { reduction: 'mean', labelSmoothing: 0.5 }),
      alternating(0, 1, MANY),
      Math.log(MANY),
      -500 + 500 * (1 / MANY),
    ],
    globalAvgPool: [(x) => sum(globalAvgPool(x)), filled(2, 1, 1, MANY), 2, share],
    adaptiveAvgPool1d: [(x) => sum(adaptiveAvgPool1d(x, 1)), filled(2, 1, 1, MANY), 2, share],
    avgPool1d: [(x) => sum(avgPool1d(x, { kernelSize: MANY })), filled(2, 1, 1, MANY), 2, share],
  }
  it.each(Object.entries(cases))('%s: value and gradient are right', async (_, [fn, x, value, gradient]) => {
    await expectNear(fn(x), value)
    await expectNear(grad([mul(fn(x), 1000)], [x])[0], gradient)
  })

  it('a loss of which few count is their mean', async () => {
    const targets = half(Float32Array.from({ length: MANY }, (_, i) => (i === 7 ? 1 : -1)))
    await expectNear(sigmoidCrossEntropy(filled(0, MANY), targets, { reduction: 'mean', ignoreIndex: -1 }), Math.LN2)
  })

  it('softmax and logSoftmax are right', async () => {
    await expectNear(mul(softmax(alternating(0, 1, MANY)), 1000), share)
    await expectNear(logSoftmax(alternating(0, 1, MANY)), -Math.log(MANY))
  })

  it('cosineSimilarity is right', async () => {
    await expectNear(cosineSimilarity(alternating(1, 1, MANY), alternating(2, 1, MANY)), 1)
  })

  it('layerNorm is right, and its gradient finite', async () => {
    const x = alternating(2, 1, 70_000)
    await expectNear(layerNorm(x), 1, -1)
    const y = grad([sum(mul(layerNorm(x), half(Float32Array.from({ length: 70_000 }, (_, i) => (i ? 0 : 1)))))], [x])[0]
    await expectNear(y, 0.5, 0)
  })
})

describe('where squares are more or less than float16 has', () => {
  const far = half([[300, -300, 300, -300]])
  it('batchNorm has the unbiased variance of the batch', async () => {
    await expectNear(batchNorm(alternating(255, 1024, 1), { training: true }).variance, (255 ** 2 * 1024) / 1023)
  })
  it('norms standardise', async () => {
    await expectNear(rmsNorm(far), 1, -1, 1, -1)
    await expectNear(layerNorm(far), 1, -1, 1, -1)
  })
  it('the gradient of rmsNorm is 0 along x and 1 / rms across', async () => {
    await expectNear(grad([sum(mul(rmsNorm(far), [[300, 300, 0, 0]]))], [far])[0], 1, 1, 0, 0)
  })
  it('cosineSimilarity of vectors of zeros is 0, of long and short ones right', async () => {
    await expectNear(
      cosineSimilarity(
        half([
          [0, 0],
          [300, 400],
          [3e-5, 4e-5],
        ]),
        half([
          [0, 0],
          [400, 300],
          [4, 3],
        ]),
      ),
      0,
      0.96,
      0.96,
    )
  })
  it('distances of the triplet loss are right over many elements', async () => {
    const loss = tripletMarginLoss(filled(0, 1, MANY), filled(1, 1, MANY), filled(1, 1, MANY), { margin: 0.5 })
    await expectNear(loss, 0.5)
  })
})
