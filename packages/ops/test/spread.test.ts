import { afterAll, describe, expect, it } from 'vitest'
import { full, tensor } from '@gradloom/core'
import * as g from './functions.ts'
import { closeAll, derivatives, everywhere, expectAll, of } from './backends.ts'

afterAll(closeAll)

describe('means', () => {
  it.each(['float32', 'float64'] as const)('of equal numbers are that number: %s', async (dtype) => {
    for (const n of [3, 41, 49, 100, 768]) await expectAll(g.mean(full([n], 1, { dtype })), [1])
    for (const n of [41, 49]) await expectAll(g.mean(of(dtype, ...new Array<number>(n).fill(1))), [1])
  })
  it.each(['float32', 'float64'] as const)(
    'leave no spread of equal numbers, whose gradient is 0: %s',
    async (dtype) => {
      for (const [n, v] of [
        [3, 0.1],
        [768, 4332.32],
        [10, 1 / 3],
        [7, 1e-30],
      ] as const) {
        const x = of(dtype, ...new Array<number>(n).fill(v))
        await expectAll(g.std(x), [0])
        await expectAll(g.variance(x), [0])
        await expectAll(
          derivatives((t) => g.std(t), x, 1),
          new Array<number>(n).fill(0),
        )
        await expectAll(
          derivatives((t) => g.variance(t), x, 1),
          new Array<number>(n).fill(0),
        )
      }
    },
  )
})

describe('standard deviations', () => {
  it.each([
    ['float32', 1e25, 2e-7],
    ['float64', 1e200, 4e-16],
  ] as const)('neither overflow nor vanish where squares do, nor do their gradients: %s', async (dtype, v, digits) => {
    const far = [v, 1, 1 / v].map((size) => [-3 * size, size, size, size])
    const x = tensor(far, { dtype })
    await expectAll(g.std(x, { axis: 1 }), [v * Math.sqrt(3), Math.sqrt(3), Math.sqrt(3) / v], digits)
    await expectAll(g.std(x, { axis: 1, correction: 1, keepDims: true }), [2 * v, 2, 2 / v], digits)
    const slopes = [-3, 1, 1, 1].map((c) => c / 4 / Math.sqrt(3))
    await expectAll(
      derivatives((t) => g.std(t, { axis: 1 }), x, 1),
      far.flatMap(() => slopes),
      digits,
    )
    await expectAll(g.std(of(dtype, v, -v)), [v], digits)
    await expectAll(g.std(of(dtype, 1 / v, -1 / v)), [1 / v], digits)
    await expectAll(g.std(of(dtype, Infinity, 1)), [NaN])
    await expectAll(g.std(of(dtype, NaN, 1)), [NaN])
  })
  it('keep the digits of one number among many others, large or small', async () => {
    const n = 2 ** 12
    for (const v of [2 ** -40, 2 ** -13, 2 ** 30, 2 ** 60]) {
      const data = new Float32Array(n)
      data[7] = v
      await expectAll(g.std(tensor(data)), [v * Math.sqrt((n - 1) / n / n)], 1e-6)
    }
  })
  it('of nothing are NaN, along axes that are there', async () => {
    await expectAll(g.std(g.zeros([0, 2]), { axis: 0 }), [NaN, NaN])
    expect((await everywhere(g.std(g.zeros([2, 0]), { axis: 0 }))).map((t) => t.shape)).toEqual([[0], [0]])
  })
})
