import { afterAll, describe, expect, it } from 'vitest'
import { grad, max, mean, min, mul, slice, tensor, type Tensor } from '@gradloom/core'
import { logSumExp, std, variance } from '../src/index.ts'
import { closeAll, everywhere } from './backends.ts'

afterAll(closeAll)

/** More than float16 has: a count of as many elements is its infinity. */
const MANY = 65_520
const halves = (of: (i: number) => number): Tensor =>
  tensor(
    Float32Array.from({ length: MANY }, (_, i) => of(i)),
    { dtype: 'float16' },
  )
const equal = halves(() => 1)
/** `size` and -`size` in turn. */
const alternating = (size: number): Tensor => halves((i) => (i % 2 ? -size : size))

/** `t` is float16, and its first element is near `value` on every backend. */
async function expectNear(t: Tensor, value: number): Promise<void> {
  expect(t.dtype).toBe('float16')
  for (const host of await everywhere(t.rank ? slice(t, [0]) : t))
    expect(Math.abs(host.item() / value - 1), `${host.item()}, ${value} wanted`).toBeLessThan(1e-3)
}

describe('over more float16 elements than float16 counts', () => {
  type Reduction = readonly [fn: (x: Tensor) => Tensor, x: Tensor, value: number, gradient: number]
  const reductions: { readonly [name: string]: Reduction } = {
    mean: [mean, equal, 1, 1 / MANY],
    'max of ties': [max, equal, 1, 1 / MANY],
    'min of ties': [min, equal, 1, 1 / MANY],
    logSumExp: [logSumExp, equal, 1 + Math.log(MANY), 1 / MANY],
    variance: [variance, alternating(2), 4, 4 / MANY],
    'std, whose squares float16 does not have': [std, alternating(300), 300, 1 / MANY],
  }
  it.each(Object.entries(reductions))('%s: value and gradient are right', async (_, [fn, x, value, gradient]) => {
    await expectNear(fn(x), value)
    await expectNear(grad([mul(fn(x), 1000)], [x])[0], 1000 * gradient)
  })
})
